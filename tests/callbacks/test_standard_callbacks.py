"""The set of callbacks for every model."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from event_files import written
from tiny_models import IMAGES, TinyCodebookCAE, TinyVariationalCAE, compiled, fit, idle

from keras_cae import models
from keras_cae.callbacks import standard_callbacks
from keras_cae.callbacks.event_writer import no_writer_left

ALWAYS = {"model_card", "reconstruction", "reconstruction_error", "final", "best"}


def plain():
    encoder = keras.Sequential([keras.layers.Conv2D(2, 3, padding="same")])
    return models.CAE(encoder, keras.Sequential([keras.layers.Conv2D(2, 3, padding="same")]))


@pytest.mark.parametrize(
    ("make", "latent", "others"),
    [
        (
            TinyVariationalCAE,
            {"traversal", "interpolation", "prior_samples", "kl", "effective_rank"},
            {"projector"},
        ),
        (lambda: models.BasicCAE(3, filters=(2, 2)), {"traversal", "interpolation", "effective_rank"}, {"projector"}),
        (lambda: models.SkipConnectionCAE(3, filters=(2, 2, 2)), {"effective_rank"}, {"projector"}),
        (lambda: models.BasicCAE(None, filters=(2, 2)), set(), {"projector"}),
        (plain, set(), {"projector"}),
        (TinyCodebookCAE, set(), {"codebook"}),
    ],
    ids=["variational", "basic", "skip", "feature maps", "own networks", "codebook"],
)
def test_every_model_has_what_fits(tmp_path, make, latent, others):
    model = compiled(make(), run_eagerly=True)
    fit(model, *standard_callbacks(tmp_path, IMAGES, range(12), IMAGES[::-1]))
    tags = set(written(tmp_path))
    groups = {tag.split("/")[0] for tag in tags if not tag.startswith("_")}
    if (tmp_path / "projector_config.pbtxt").exists():
        groups.add("projector")
    assert groups == ALWAYS | others | ({"latent"} if latent else set())
    shown = {"traversal", "interpolation", "prior_samples", "kl", "effective_rank"}
    assert {name for name in shown if f"latent/{name}" in tags} == latent
    assert "reconstruction_error/auroc" in tags
    assert len(list(tmp_path.glob("events*"))) == 1, "all of them share a file"
    assert (tmp_path / "train").is_dir()


def test_any_keras_model(tmp_path):
    model = keras.Sequential([keras.layers.Conv2D(2, 3, padding="same")])
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(IMAGES, IMAGES, verbose=0, callbacks=standard_callbacks(tmp_path, IMAGES))
    assert {tag.split("/")[0] for tag in written(tmp_path) if not tag.startswith("_")} == ALWAYS


def test_a_single_image_and_freq(tmp_path):
    fit(idle(TinyVariationalCAE), *standard_callbacks(tmp_path, IMAGES[:1], freq=2), epochs=4)
    seen = written(tmp_path)
    assert list(seen["reconstruction"]) == list(seen["latent/traversal"]) == [0, 2, 3]
    assert "latent/effective_rank" not in seen


def test_a_single_image_of_a_model_without_a_prior(tmp_path):
    fit(compiled(models.BasicCAE(3, filters=(2, 2)), run_eagerly=True), *standard_callbacks(tmp_path, IMAGES[:1]))
    seen = written(tmp_path)
    assert "reconstruction" in seen
    assert "latent/traversal" not in seen


def test_a_full_disk_leaves_the_curves_behind(tmp_path, monkeypatch):
    """Of which Keras's own callback would end the training."""

    def full():
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    def fill(epoch, logs):
        for writer in writers:
            monkeypatch.setattr(writer, "flush", full)

    def create_file_writer(*arguments):
        writers.append(create(*arguments))
        return writers[-1]

    writers, create = [], tf.summary.create_file_writer
    monkeypatch.setattr(tf.summary, "create_file_writer", create_file_writer)
    filler = keras.callbacks.LambdaCallback(on_epoch_begin=fill)
    curves = standard_callbacks(tmp_path, IMAGES)[0]
    with pytest.warns(UserWarning, match=r"curves could not be written to .* No space .*goes on") as warned:
        history = fit(idle(TinyVariationalCAE), filler, curves, epochs=3, validation_data=IMAGES)
    assert sum("curves" in str(warning.message) for warning in warned) == 1
    assert len(history.epoch) == 3
    stock = keras.callbacks.TensorBoard(tmp_path, write_graph=False)
    stock.set_model(idle(TinyVariationalCAE))
    stock.on_train_begin()
    fill(0, {})
    with no_writer_left(), pytest.raises(tf.errors.ResourceExhaustedError):
        stock.on_epoch_end(0, {"loss": 1.0})


def test_takes_a_tensorboard_callback(tmp_path):
    tensorboard = keras.callbacks.TensorBoard(tmp_path)
    made = standard_callbacks(tensorboard, IMAGES)
    assert made[0] is tensorboard
    assert all(callback.log_dir is tensorboard for callback in made[1:])
    first = standard_callbacks("unused", IMAGES)[0]
    assert isinstance(first, keras.callbacks.TensorBoard)
    assert type(first).__name__ == "TensorBoard", "by which KerasTuner knows whose folder to redirect"


def test_wrong_images_are_refused():
    with pytest.raises(ValueError, match="images must be floats"):
        standard_callbacks("unused", IMAGES * 255)
    with pytest.raises(ValueError, match="anomalous must be"):
        standard_callbacks("unused", IMAGES, anomalous=np.zeros((3, 9, 12)))
