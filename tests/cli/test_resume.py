"""`keras-cae train --resume`: runs that were stopped or killed, or failed because of a full disk."""

import json
import os
import re
import shutil
import signal
from pathlib import Path

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from keras_cae.cli.app import app
from keras_cae.cli.training import run as training
from keras_cae.cli.training.best_model import BestModel

OPTIONS = [
    "images.npy",
    "--filters",
    "4,8",
    "--latent-dim",
    "4",
    "--epochs",
    "3",
    "--batch-size",
    "8",
    "--noise",
    "0.1",
]


class Killed(BaseException):
    """Ends the program immediately."""


class Stop(keras.callbacks.Callback):
    """Sends SIGTERM after a number of steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.steps:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(autouse=True, scope="module")
def patched():
    """Disable the TensorBoard logs, which take most of the time, and return the patches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "standard_callbacks", lambda *_, **__: [])
        yield patch


@pytest.fixture
def invoke():
    """Runs the program."""
    return lambda *arguments: CliRunner().invoke(app, ["train", *(str(argument) for argument in arguments)])


def make_images(folder):
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:7, :6][..., None] / 7
    slopes = rng.random((40, 2, 1, 1, 1))
    np.save(folder / "images.npy", (slopes[:, 0] * rows + slopes[:, 1] * columns).astype("float32") / 2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, patched):
    """The folder of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    make_images(folder)
    arguments = ["train", str(folder / "images.npy"), *OPTIONS[1:], "--out", str(folder / "run")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return folder / "run"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, patched):
    """A folder with images, and a run that was stopped by SIGTERM in the middle of its second epoch."""
    folder = tmp_path_factory.mktemp("stopped")
    make_images(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(training, "standard_callbacks", lambda *_, **__: [Stop(6)])
        result = CliRunner().invoke(app, ["train", *OPTIONS, "--out", "run"])
    assert result.exit_code == 143, result.output
    assert "To resume training: keras-cae train --resume run" in result.stderr
    return folder


@pytest.fixture
def run(stopped, tmp_path, monkeypatch):
    """A copy of the stopped run in the current folder."""
    shutil.copytree(stopped, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    settings = Path("run/backup/settings.json")
    moved = json.loads(settings.read_text()) | {"data": os.path.abspath("images.npy")}
    settings.write_text(json.dumps(moved))
    return Path("run")


def assert_like(run, whole):
    """Check that a run has the same results and model as another one, and no files for resuming."""
    found, expected = (json.loads((folder / "results.json").read_text()) for folder in (run, whole))
    assert found["test"] == expected["test"]
    assert found["best_epoch"] == expected["best_epoch"]
    for name in ("data", "out"):
        del found["settings"][name], expected["settings"][name]
    assert found["settings"] == expected["settings"]
    weights = (keras.saving.load_model(folder / "model.keras").get_weights() for folder in (run, whole))
    for weight, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(weight, other)
    assert sorted(os.listdir(run)) == ["model.keras", "reconstructions.png", "results.json"]


def test_a_stopped_run_ends_as_if_it_had_not_been(run, whole, invoke, monkeypatch):
    here = run.absolute()
    monkeypatch.chdir("/")
    result = invoke("--resume", here)
    assert result.exit_code == 0, result.output
    assert_like(here, whole)
    again = invoke("--resume", here)
    assert again.exit_code == 2
    assert "is complete" in again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [0, 1])
def test_a_killed_run_ends_as_if_it_had_not_been(epoch, whole, invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_images(tmp_path)

    def kill(self, number, logs=None):
        if number == epoch:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(BestModel, "on_epoch_end", kill)
        with pytest.raises(Killed):
            CliRunner().invoke(app, ["train", *OPTIONS, "--out", "run"], catch_exceptions=False)
    assert invoke("--resume", "run").exit_code == 0
    assert_like(Path("run"), whole)


def test_a_full_disk_is_one_sentence_and_costs_nothing(whole, invoke, small_disk, monkeypatch):
    monkeypatch.chdir(small_disk.path)
    make_images(small_disk.path)
    end = BestModel.on_epoch_end

    def fill(self, epoch, logs=None):
        if epoch == 1:
            small_disk.fill()
        end(self, epoch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(BestModel, "on_epoch_end", fill)
        result = invoke(*OPTIONS, "--out", "run")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), "no traceback"
    errors = [line for line in result.stderr.splitlines() if not line.startswith("Note:")]
    assert len(errors) == 2
    assert errors[0].startswith("Error: The disk is full")
    assert errors[1] == "To resume training: keras-cae train --resume run"
    assert not [file for file in small_disk.files() if "unfinished" in file]
    keras.saving.load_model("run/model.keras")
    small_disk.free()
    assert invoke("--resume", "run").exit_code == 0
    assert_like(Path("run"), whole)


def test_a_disk_that_is_full_from_the_start(invoke, small_disk, monkeypatch):
    monkeypatch.chdir(small_disk.path)
    make_images(small_disk.path)
    small_disk.fill()
    result = invoke(*OPTIONS, "--out", "run")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The disk is full")
    assert small_disk.files() == ["images.npy"]


def damage(name, content=None):
    def change(run):
        (run / name).unlink()
        if content is not None:
            (run / name).write_text(content)

    return change


def other_images(run):
    np.save("images.npy", np.load("images.npy")[::-1])


REFUSED = {
    "another data set": ([], ["digits"], "started with other options (DATA)"),
    "another option": ([], ["images.npy", "--seed", 1], "started with other options (--seed)"),
    "another folder": ([], ["--out", "other"], "started with other options (--out)"),
    "other images": ([other_images], [], "The images differ from those"),
    "no images": ([lambda run: os.remove("images.npy")], [], "which does not exist"),
    "no backup": (
        [damage("results.json"), lambda run: shutil.rmtree(run / "backup")],
        [],
        "which contains no 'backup'",
    ),
    "no weights": ([damage("backup/latest.weights.h5")], [], "can't be resumed without 'run/backup/latest.weights.h5'"),
    "no settings": ([damage("backup/settings.json")], [], "can't be resumed without 'run/backup/settings.json'"),
    "damaged settings": ([damage("backup/settings.json", '{"data":')], [], "settings.json' is damaged"),
    "settings of something else": ([damage("backup/settings.json", "{}")], [], "settings.json' is damaged"),
    "a search": ([lambda run: (run / "settings.json").write_text("{}")], [], "which holds a search"),
    "nothing there": ([shutil.rmtree], [], "which contains no 'backup'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_runs_that_can_not_be_resumed_are_refused(case, run, invoke):
    changes, arguments, message = REFUSED[case]
    for change in changes:
        change(run)
    result = invoke(*arguments, "--resume", "run")
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit), "no traceback"
    assert re.search(re.escape(message), result.stderr), result.stderr


def test_the_same_options_may_be_repeated(run, invoke, monkeypatch):
    class ReachedError(Exception):
        pass

    def fit(*_, **__):
        raise ReachedError

    monkeypatch.setattr("keras_cae.models.CAE.fit", fit)
    result = invoke("images.npy", "--epochs", 3, "--filters", "4,8", "--resume", "run", "--out", "run")
    assert isinstance(result.exception, ReachedError), result.output
