"""The standard set of callbacks."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from event_files import written
from full_disk import fill, no_space
from tiny_models import IMAGES, TinyCodebookCAE, TinyVariationalCAE, compiled, fit, idle

from keras_cae import models
from keras_cae.callbacks import standard_callbacks

ALWAYS = {"model_card", "reconstruction", "reconstruction_error"}


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
    fit(model, *standard_callbacks(IMAGES, tmp_path, labels=range(12), anomalous=IMAGES[::-1]))
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
    model.fit(IMAGES, IMAGES, verbose=0, callbacks=standard_callbacks(IMAGES, tmp_path))
    assert {tag.split("/")[0] for tag in written(tmp_path) if not tag.startswith("_")} == ALWAYS


def test_a_single_image_and_freq(tmp_path):
    fit(idle(TinyVariationalCAE), *standard_callbacks(IMAGES[:1], tmp_path, freq=2), epochs=4)
    seen = written(tmp_path)
    assert list(seen["reconstruction"]) == list(seen["latent/traversal"]) == [0, 2, 3]
    assert "latent/effective_rank" not in seen


def test_a_single_image_of_a_model_without_a_prior(tmp_path):
    fit(compiled(models.BasicCAE(3, filters=(2, 2)), run_eagerly=True), *standard_callbacks(IMAGES[:1], tmp_path))
    seen = written(tmp_path)
    assert "reconstruction" in seen
    assert "latent/traversal" not in seen


@pytest.mark.parametrize("start", ["full from the first byte", "full later"])
def test_a_full_disk_ends_no_training(tmp_path, monkeypatch, start):
    """The callback of Keras would end training."""
    writers, create = [], tf.summary.create_file_writer

    def create_file_writer(*arguments):
        writers.append(create(*arguments))
        return writers[-1]

    def fill_the_disk(*_):
        fill(monkeypatch)
        for writer in writers:
            monkeypatch.setattr(writer, "flush", no_space)

    monkeypatch.setattr(tf.summary, "create_file_writer", create_file_writer)
    if start == "full from the first byte":
        fill_the_disk()
    filler = keras.callbacks.LambdaCallback(on_epoch_begin=fill_the_disk)
    watching = standard_callbacks(IMAGES, tmp_path)
    with pytest.warns(UserWarning, match=r"could not be written to: .*No space.* continues") as warned:
        history = fit(idle(TinyVariationalCAE), filler, *watching, epochs=3, validation_data=IMAGES)
    assert sum("could not be written to" in str(warning.message) for warning in warned) == 1
    assert len(history.epoch) == 3
    assert not tf.summary.write("other", 1.0, step=0), "no writer is left behind that fails"
    with pytest.raises(tf.errors.ResourceExhaustedError):
        fit(idle(TinyVariationalCAE), keras.callbacks.TensorBoard(tmp_path, write_graph=False))


def test_a_folder_that_can_not_be_written_to_stops_training_before_it_begins(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"log_dir must be a folder that can be written to, got '.*file/x'"):
        fit(idle(TinyVariationalCAE), *standard_callbacks(IMAGES, tmp_path / "file" / "x"))


def test_takes_a_tensorboard_callback(tmp_path):
    tensorboard = keras.callbacks.TensorBoard(tmp_path)
    made = standard_callbacks(IMAGES, tensorboard)
    assert made[0] is tensorboard
    assert all(callback.log_dir is tensorboard for callback in made[1:])
    first = standard_callbacks(IMAGES)[0]
    assert isinstance(first, keras.callbacks.TensorBoard)
    assert type(first).__name__ == "TensorBoard", "by which KerasTuner knows whose folder to redirect"


def test_wrong_images_are_refused():
    with pytest.raises(ValueError, match="images must be floats"):
        standard_callbacks(IMAGES * 255)
    with pytest.raises(ValueError, match="anomalous must be"):
        standard_callbacks(IMAGES, anomalous=np.zeros((3, 9, 12)))


@pytest.mark.parametrize("left", [0, 8192])
def test_a_real_disk_that_is_full(left, small_disk):
    small_disk.fill(left)
    watching = standard_callbacks(IMAGES, small_disk.path / "logs")
    with pytest.warns(UserWarning, match=r"could not be written to: .*No space.* continues"):
        history = fit(idle(TinyVariationalCAE), *watching, epochs=2, validation_data=IMAGES)
    assert len(history.epoch) == 2
    small_disk.free()
    fit(idle(TinyVariationalCAE), *standard_callbacks(IMAGES, small_disk.path / "logs"))
    assert "reconstruction" in written(small_disk.path / "logs")
