"""Every callback on signals and volumes."""

import numpy as np
import pytest
from event_files import written
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins import projector
from test_every_callback import TABLE, made
from tiny_models import compiled, fit

from keras_cae import callbacks, models
from keras_cae.drawing.pictures import pictures

SHAPES = {1: (21, 2), 3: (5, 8, 6, 1)}
EXAMPLES = {rank: np.random.default_rng(rank).random((12, *shape), dtype="float32") for rank, shape in SHAPES.items()}
every_rank = pytest.mark.parametrize("rank", SHAPES)


def idle(model):
    """A compiled model whose steps do nothing."""
    model = compiled(model, run_eagerly=True)
    model.train_step = lambda data: {"loss": 0.0}
    return model


@every_rank
@pytest.mark.parametrize("cls", TABLE, ids=lambda cls: cls.__name__)
def test_it_writes_what_it_writes_for_images(cls, rank, tmp_path):
    kind = {callbacks.CodebookSummary: lambda: models.VectorQuantizedCAE(4, 2, filters=(2, 2), rank=rank)}.get(
        cls, lambda: models.VariationalCAE(3, filters=(2, 2), rank=rank)
    )
    fit(idle(kind()), made(cls, tmp_path, EXAMPLES[rank]), images=EXAMPLES[rank])
    tag = TABLE[cls][1]
    if tag is None:
        assert (tmp_path / "projector_config.pbtxt").exists()
    else:
        assert tag in written(tmp_path)


@every_rank
def test_the_standard_callbacks(rank, tmp_path):
    model = idle(models.BasicCAE(3, filters=(2, 2), rank=rank))
    images = EXAMPLES[rank]
    fit(model, *callbacks.standard_callbacks(images, tmp_path, anomalous=images[::-1]), images=images)
    tags = written(tmp_path)
    for tag in ("reconstruction", "latent/traversal", "latent/interpolation", "reconstruction_error/auroc"):
        assert tag in tags


@every_rank
@pytest.mark.parametrize("kind", [models.MaskedCAE, models.DenoisingCAE])
def test_what_a_corruption_did_is_shown(kind, rank, tmp_path):
    model = kind(3, filters=(2, 2), rank=rank) if kind is models.MaskedCAE else kind(filters=(2, 2), rank=rank)
    fit(idle(model), callbacks.ReconstructionLogger(EXAMPLES[rank], tmp_path), images=EXAMPLES[rank])
    assert "reconstruction" in written(tmp_path)


@every_rank
def test_the_picture_shows_the_inputs(rank, tmp_path):
    images = EXAMPLES[rank]
    fit(
        idle(models.BasicCAE(3, filters=(2, 2), rank=rank)),
        callbacks.ReconstructionLogger(images, tmp_path),
        images=images,
    )
    picture = written(tmp_path)["reconstruction"][0]
    if rank == 3:
        tile = pictures(images)[0]
        starts = np.argwhere((picture == tile[0, 0]).all(axis=-1))
        height, width = tile.shape[:2]
        assert any(np.array_equal(picture[y : y + height, x : x + width], tile) for y, x in starts)
    else:
        assert len(Image.fromarray(picture).getcolors(2**20)) > 50, "curves in several colours"


@pytest.mark.parametrize(("rank", "size"), [(1, []), (3, [6, 8])])
def test_sprites_where_there_are_pictures(rank, size, tmp_path):
    model = idle(models.BasicCAE(3, filters=(2, 2), rank=rank))
    fit(model, callbacks.LatentProjector(EXAMPLES[rank], tmp_path, labels=range(12)), images=EXAMPLES[rank])
    text = (tmp_path / "projector_config.pbtxt").read_text()
    (embedding,) = text_format.Parse(text, projector.ProjectorConfig()).embeddings
    assert list(embedding.sprite.single_image_dim) == size
    assert (tmp_path / "projector" / "sprite.png").exists() == bool(size)
    assert (tmp_path / embedding.metadata_path).read_text().split() == [str(label) for label in range(12)]


def test_signals_may_have_any_values(tmp_path):
    signals = 300 * EXAMPLES[1] - 1000
    model = idle(models.BasicCAE(3, filters=(2, 2), rank=1, output_activation="linear"))
    fit(model, *callbacks.standard_callbacks(signals, tmp_path), images=signals)
    assert "reconstruction" in written(tmp_path)
    with pytest.raises(ValueError, match="images must be finite"):
        callbacks.ReconstructionLogger(signals * np.nan, tmp_path)
