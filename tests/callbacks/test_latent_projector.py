"""The files for the Projector."""

import io

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins import projector
from tiny_models import IMAGES, TinyCodebookCAE, TinyVariationalCAE, compiled, fit, idle

from keras_cae.callbacks import LatentProjector
from keras_cae.callbacks.projector_files import metadata_file, tensor_file
from keras_cae.models import BasicCAE, SkipConnectionCAE


def config(directory):
    text = (directory / "projector_config.pbtxt").read_text()
    return text_format.Parse(text, projector.ProjectorConfig())


def test_files_of_several_epochs(tmp_path):
    model = idle(TinyVariationalCAE)
    labels = [f"label {index}" for index in range(12)]
    fit(model, LatentProjector(IMAGES, tmp_path, labels=labels, freq=2, max_images=10), epochs=4)
    embeddings = config(tmp_path).embeddings
    assert [e.tensor_name for e in embeddings] == ["codes (newest, epoch 3)", "codes, epoch 2", "codes, epoch 0"]
    for embedding in embeddings:
        codes = np.loadtxt(tmp_path / embedding.tensor_path, delimiter="\t", dtype="float32")
        np.testing.assert_array_equal(codes, model.encode(IMAGES)[:10])
        assert (tmp_path / embedding.metadata_path).read_text().splitlines() == labels[:10]
        assert list(embedding.sprite.single_image_dim) == [12, 9]
        sprite = np.asarray(Image.open(tmp_path / embedding.sprite.image_path))
    assert sprite.shape == (4 * 9, 4 * 12, 3)
    grey = np.rint(IMAGES.mean(axis=-1) * 255)
    for index in range(16):
        row, column = divmod(index, 4)
        cell = sprite[9 * row : 9 * row + 9, 12 * column : 12 * column + 12, 0]
        np.testing.assert_array_equal(cell, grey[index] if index < 10 else np.zeros((9, 12)))


def test_by_default_the_first_and_the_last_epoch(tmp_path):
    fit(idle(TinyVariationalCAE), LatentProjector(IMAGES, tmp_path), epochs=4)
    embeddings = config(tmp_path).embeddings
    assert [e.tensor_name for e in embeddings] == ["codes (newest, epoch 3)", "codes, epoch 0"]
    assert not any(e.metadata_path for e in embeddings)
    assert not (tmp_path / "projector" / "metadata.tsv").exists()


@pytest.mark.parametrize(
    "model", [lambda: BasicCAE(None, filters=(2, 2)), lambda: SkipConnectionCAE(2, filters=(2, 2, 2))]
)
def test_feature_maps_are_flattened_and_the_decoder_is_not_needed(tmp_path, model):
    model = compiled(model(), run_eagerly=True)
    fit(model, LatentProjector(IMAGES, tmp_path))
    codes = np.loadtxt(tmp_path / "projector" / "codes_epoch_0000.tsv", delimiter="\t", dtype="float32")
    expected = model.encode(IMAGES).reshape(12, -1)
    assert codes.shape == (12, max(3, expected.shape[1]))
    np.testing.assert_allclose(codes[:, : expected.shape[1]], expected, atol=1e-6)


def test_codes_that_are_no_points(tmp_path):
    with pytest.raises(ValueError, match="LatentProjector can't show TinyCodebookCAE: its codes are codebook indices"):
        fit(idle(TinyCodebookCAE), LatentProjector(IMAGES, tmp_path))


def test_codes_of_fewer_than_three_dimensions_are_padded():
    codes = np.array([[1.5], [np.nan], [np.inf]], "float32")
    assert tensor_file(codes) == b"1.5\t0\t0\n0\t0\t0\n0\t0\t0\n"


def test_codes_are_exact():
    codes = np.random.default_rng(0).standard_normal((20, 5)).astype("float32") * np.float32(1e-7)
    np.testing.assert_array_equal(np.loadtxt(io.BytesIO(tensor_file(codes)), dtype="float32"), codes)


def test_several_columns_of_labels_have_a_header():
    labels = {"digit": np.array([1, 2]), "writer": ["A\tB\n", ""]}
    assert LatentProjector(IMAGES[:2], labels=labels).labels == {"digit": [1, 2], "writer": ["A\tB\n", ""]}
    assert metadata_file(labels).decode() == "digit\twriter\n1\tA B\n2\t–\n"


@pytest.mark.parametrize(
    "labels",
    [[1, 2], np.zeros((12, 10)), 3, {"digit": range(11)}],
    ids=["few", "one-hot", "scalar", "column"],
)
def test_wrong_labels_are_refused(labels):
    with pytest.raises(ValueError, match=r"labels must be one label for each of the 12 images.*got the shape"):
        LatentProjector(IMAGES, labels=labels)


def test_an_epoch_whose_files_could_not_be_written_is_not_listed(tmp_path):
    callback = LatentProjector(IMAGES, tmp_path, labels=range(12))
    model = idle(TinyVariationalCAE)
    fit(model)
    callback.set_model(model)
    callback.on_train_begin()
    callback.files(0)
    callback.on_write_failure(0)
    files = callback.files(1)
    assert list(files)[:2] == ["projector/sprite.png", "projector/metadata.tsv"]
    assert b"epoch 1" in files["projector_config.pbtxt"]
    assert b"epoch 0" not in files["projector_config.pbtxt"]
    callback.on_train_end()
