"""Interrupted training ends with the same weights, and a full disk does not damage saved files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae.files import DiskFullError

STEPS = 4  # per epoch; the last batch is smaller
EPOCHS = 3
PROGRAM = Path(__file__).with_name("training.py")
KILLS = int(os.environ.get("KERAS_CAE_KILLS", "2"))
"""The number of processes that the slow test kills. The documentation states the result of 20 for each setting."""


class Killed(BaseException):
    """Ends training immediately."""


class Kill(keras.callbacks.Callback):
    """Ends training after a number of batches."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_train_batch_end(self, batch, logs=None):
        self.batches -= 1
        if not self.batches:
            raise Killed


def start(**compiled):
    keras.utils.set_random_seed(5)
    model = keras_cae.models.BasicCAE(3, filters=(2, 3), corruption=keras.layers.GaussianNoise(0.1))
    model.compile("adam", "mse", metrics=[keras_cae.metrics.PSNR()], **compiled)
    return model


def train(model, data, *callbacks, **arguments):
    if not isinstance(data, tf.data.Dataset):
        arguments["batch_size"] = 3
    return model.fit(
        data, validation_data=data, epochs=EPOCHS, verbose=0, callbacks=list(callbacks), **arguments
    ).history


def assert_equal_weights(model, other):
    for weight, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    assert int(model.optimizer.iterations) == int(other.optimizer.iterations)


def interrupted(data, folder, save_freq, kills, **compiled):
    """The model and the history of training that is killed after given numbers of batches and restarted."""
    shutil.rmtree(folder, ignore_errors=True)
    for batches in (*kills, 0):
        model = start(**compiled)
        backup = keras.callbacks.BackupAndRestore(folder, save_freq=save_freq)
        try:
            return model, train(model, data, backup, Kill(batches))
        except Killed:
            pass
    raise AssertionError


@pytest.fixture(scope="module")
def undisturbed():
    """Uninterrupted training, by the arguments of `compile` and the kind of data."""
    found = {}

    def of(data, kind, **compiled):
        key = (kind, *compiled.items())
        if key not in found:
            model = start(**compiled)
            found[key] = (model, train(model, data))
        return found[key]

    return of


@pytest.mark.parametrize(
    ("save_freq", "kills"),
    [
        ("epoch", (6,)),
        pytest.param(1, (6,), marks=pytest.mark.slow),
        pytest.param(2, (2, 3), marks=pytest.mark.slow),  # both are in the same epoch
        pytest.param(3, (3, 5), marks=pytest.mark.slow),
        pytest.param(5, (9, 9), marks=pytest.mark.slow),
    ],
)
def test_the_weights_and_the_logs_are_those_of_an_undisturbed_training(save_freq, kills, images, tmp_path, undisturbed):
    expected, logs = undisturbed(images, "array")
    model, history = interrupted(images, tmp_path / "backup", save_freq, kills)
    assert_equal_weights(model, expected)
    rest = len(history["loss"])
    assert history == {name: values[-rest:] for name, values in logs.items()}
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("compiled", [{"steps_per_execution": 3}, {"run_eagerly": True}], ids=str)
@pytest.mark.slow
def test_in_other_loops(compiled, images, tmp_path, undisturbed):
    expected, _ = undisturbed(images, "array", **compiled)
    model, _ = interrupted(images, tmp_path / "backup", 2, (3,), **compiled)
    assert_equal_weights(model, expected)


@pytest.mark.slow
def test_with_datasets_that_give_the_same_batches_again(images, tmp_path, undisturbed):
    data = tf.data.Dataset.from_tensor_slices(images).shuffle(9, seed=1, reshuffle_each_iteration=False).batch(3)
    expected, _ = undisturbed(data, "dataset")
    model, _ = interrupted(data, tmp_path / "backup", 1, (6,))
    assert_equal_weights(model, expected)


def test_a_backup_of_epochs_of_another_length_is_refused(images, tmp_path):
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", save_freq=1)
    with pytest.raises(Killed):
        train(start(), images, backup, Kill(6))
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", save_freq=1)
    with pytest.raises(ValueError, match=r"after 2 of 4 batches of epoch 2, but an epoch now has 2 batches\. Train on"):
        train(start(), images[:6], backup)


def test_a_damaged_second_file_of_a_backup_is_done_without(images, tmp_path, undisturbed):
    expected, _ = undisturbed(images, "array")
    with pytest.raises(Killed):
        train(start(), images, keras.callbacks.BackupAndRestore(tmp_path / "backup"), Kill(6))
    file = tmp_path / "backup" / "training_metadata.json"
    assert json.loads(file.read_text())["epoch"] == 1
    file.write_text('{"epo')
    model = start()
    history = train(model, images, keras.callbacks.BackupAndRestore(tmp_path / "backup"))
    assert len(history["loss"]) == EPOCHS - 1
    assert_equal_weights(model, expected)


@pytest.mark.slow
def test_checkpoints_say_nothing_about_where_another_training_begins(images, tmp_path):
    model = start()
    path = tmp_path / "model.weights.h5"
    train(model, images, keras.callbacks.ModelCheckpoint(path, save_weights_only=True))
    model.load_weights(path)
    assert len(train(model, images)["loss"]) == EPOCHS
    with pytest.raises(Killed):
        train(model, images, keras.callbacks.BackupAndRestore(tmp_path / "backup"), Kill(6))
    train(model, images, keras.callbacks.BackupAndRestore(tmp_path / "backup"))
    assert len(train(model, images)["loss"]) == EPOCHS, "a second fit of the resumed model is a whole one"


SAVES = {
    "model.keras": lambda model, path: model.save(path),
    "model.weights.h5": lambda model, path: model.save_weights(path),
    "encoder.keras": lambda model, path: model.encoder.save(path),
    "exported": lambda model, path: model.export(path, verbose=False),
    "exported.tflite": lambda model, path: model.export(path, format="litert", verbose=False),
}


@pytest.mark.parametrize("name", [*list(SAVES)[:4], pytest.param("exported.tflite", marks=pytest.mark.slow)])
def test_a_full_disk_leaves_the_old_file(name, small_disk):
    model = keras_cae.models.BasicCAE(8, filters=(8, 16))
    model.build((None, 16, 16, 1))
    path = small_disk.path / name
    SAVES[name](model, path)
    before = {file: (small_disk.path / file).read_bytes() for file in small_disk.files()}
    assert any(file == name or file.startswith(f"{name}/") for file in before)
    for left in (0, 4096, 20_000):
        small_disk.fill(left)
        with pytest.raises(DiskFullError, match=f"The disk is full.*{name}.* unchanged") as error:
            SAVES[name](model, path)
        assert "\n" not in str(error.value)
        assert {file: (small_disk.path / file).read_bytes() for file in small_disk.files()} == before
    small_disk.free()
    SAVES[name](model, path)


@pytest.mark.parametrize("save_freq", ["epoch", 2])
@pytest.mark.slow
def test_a_backup_on_a_full_disk_goes_on_once_there_is_space(save_freq, images, small_disk, undisturbed):
    expected, _ = undisturbed(images, "array")

    class Fill(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == 6:
                small_disk.fill()

    folder = small_disk.path / "backup"
    with pytest.raises(OSError, match="The disk is full"):
        train(start(), images, Fill(), keras.callbacks.BackupAndRestore(folder, save_freq=save_freq))
    small_disk.free()
    model = start()
    assert "loss" in train(model, images, keras.callbacks.BackupAndRestore(folder, save_freq=save_freq))
    assert_equal_weights(model, expected)


def run_program(folder, model, save_freq, killed_after=None):
    """Train in a separate process, which kills itself during a batch or while it writes a backup."""
    arguments = [folder, model, save_freq, *([] if killed_after is None else [killed_after])]
    return subprocess.run([sys.executable, PROGRAM, *map(str, arguments)]).returncode


@pytest.mark.slow
def test_killed_processes_go_on_to_the_same_weights(tmp_path):
    """All models in turn are killed at random moments, including those in which backups are written."""
    rng = np.random.default_rng(0)
    names = sorted(name for name in keras_cae.models.__all__ if name not in ("CAE", "PyramidCAE"))
    for number in range(KILLS // 2):
        name, save_freq = names[(number // 2) % len(names)], (2, "epoch")[number % 2]
        folders = [tmp_path / f"{number} {kind}" for kind in ("whole", "killed")]
        assert run_program(folders[0], name, save_freq) == 0
        for _ in range(2):
            assert run_program(folders[1], name, save_freq, rng.integers(1, 200) / 100) in (0, -9)
        assert run_program(folders[1], name, save_freq) == 0
        with np.load(folders[0] / "weights.npz") as whole, np.load(folders[1] / "weights.npz") as killed:
            for weight in whole.files:
                np.testing.assert_array_equal(killed[weight], whole[weight], err_msg=f"{name}, {save_freq}")
