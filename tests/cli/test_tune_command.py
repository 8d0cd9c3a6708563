"""`keras-cae tune`, from the command line to the files."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from keras_cae import models
from keras_cae.cli.app import app
from keras_cae.datasets import load_images
from keras_cae.metrics import PSNR

SEARCH = ["tune", "images.npy", "--tuner", "random", "--epochs", "1", "--latent-dim", "3", "--out", "search"]
PROGRAM = [sys.executable, "-P", "-c", "from keras_cae.cli import main; main()"]


@pytest.fixture(autouse=True)
def _images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("images.npy", np.random.default_rng(0).random((60, 8, 8, 1)).astype("float32"))


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def trials():
    with Path("search/trials.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_search_ends_with_the_best_model():
    result = invoke(*SEARCH, "--model", "basic", "--trials", 2)
    assert result.exit_code == 0, result.output
    assert "Trial 1: " in result.stdout
    assert "The best of 2 trials" in result.stdout
    assert "PCA, 3 components" in result.stdout
    assert "tensorboard --logdir search" in result.stdout
    model = keras.saving.load_model("search/model.keras")
    assert type(model) is models.BasicCAE
    metric, images = PSNR(), load_images("images.npy").split().validation
    metric.update_state(images, model.predict(images, verbose=0))
    best = max(float(row["val_psnr"]) for row in trials())
    assert float(metric.result()) == pytest.approx(best, rel=1e-5)
    results = json.loads(Path("search/results.json").read_text())
    assert results["best"]["score"] == best
    assert Path("search/reconstructions.png").stat().st_size
    assert {path.name for path in Path("search/logs").iterdir()} == {"0", "1"}


@pytest.mark.slow
def test_the_same_command_goes_on():
    invoke(*SEARCH, "--model", "basic", "--trials", 1)
    (first,) = trials()
    result = invoke(*SEARCH, "--model", "basic", "--trials", 2)
    assert result.exit_code == 0, result.output
    assert "Trial 0: " not in result.stdout
    assert "Trial 1: " in result.stdout
    assert len(trials()) == 2
    assert {name: trials()[0][name] for name in first} == first


@pytest.mark.slow
def test_signals():
    np.save("signals.npy", np.random.default_rng(0).random((30, 33, 2), "float32"))
    options = ["--model", "basic", "--tuner", "random", "--trials", 1, "--epochs", 1, "--latent-dim", 4]
    result = invoke("tune", "signals.npy", "--rank", 1, *options, "--out", "search")
    assert result.exit_code == 0, result.output
    assert keras.saving.load_model("search/model.keras").rank == 1
    assert Path("search/reconstructions.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "basic", "--epochs", "2"], "--epochs was 1"),
        (["--model", "skip"], "--model was basic"),
    ],
)
def test_another_search_is_not_mixed_up_with_the_first(arguments, message):
    invoke(*SEARCH, "--model", "basic", "--trials", 1)
    before = Path("search/settings.json").read_text()
    result = invoke(*SEARCH, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert Path("search/settings.json").read_text() == before


def test_folders_with_other_files_are_left_alone():
    Path("search").mkdir()
    Path("search/notes.txt").write_text("mine")
    result = invoke(*SEARCH)
    assert result.exit_code == 2
    assert "'search', which is a folder that is not empty" in result.stderr


def test_hyperband_has_no_number_of_trials():
    result = invoke("tune", "images.npy", "--tuner", "hyperband", "--trials", 3)
    assert result.exit_code == 2
    assert "--trials is not supported by --tuner hyperband" in result.stderr


@pytest.mark.slow
def test_workers_search_together_and_one_that_dies_is_replaced():
    command = [*PROGRAM, *SEARCH, "--model", "basic", "--trials", "4", "--workers", "2"]
    search = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    limit = time.monotonic() + 180
    while not list(Path().glob("search/search/trial_*/trial.json")) and time.monotonic() < limit:
        time.sleep(0.1)
    os.kill(worker_of(search.pid), signal.SIGKILL)
    output, _ = search.communicate(timeout=300)
    assert search.returncode == 0, output
    assert "restarting it" in output
    assert "The best of 4 trials" in output
    assert len(trials()) == 4


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_a_search_that_is_told_to_end_says_how_to_continue_and_leaves_no_process(more):
    command = [*PROGRAM, *SEARCH, "--model", "basic", "--trials", "50", *more]
    search = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    limit = time.monotonic() + 180
    while not list(Path().glob("search/search/trial_*/trial.json")) and time.monotonic() < limit:
        time.sleep(0.1)
    children = children_of(search.pid)
    search.terminate()
    output, _ = search.communicate(timeout=120)
    assert search.returncode == 143, output
    assert output.endswith("Repeat the command to resume the search.\nStopped.\n")
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


@pytest.mark.slow
def test_processes_end_with_the_search_that_is_killed():
    command = [*PROGRAM, *SEARCH, "--model", "basic", "--trials", "50", "--workers", "2"]
    search = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 180
    while not list(Path().glob("search/search/trial_*/trial.json")) and time.monotonic() < limit:
        time.sleep(0.1)
    children = children_of(search.pid)
    assert len(children) == 3
    search.kill()
    search.wait()
    while any(alive(child) for child in children) and time.monotonic() < limit:
        time.sleep(0.1)
    assert not [child for child in children if alive(child)]


def alive(process):
    """Whether a process is running. Zombie processes are not."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def worker_of(parent):
    """The last worker process that another process has started."""
    return children_of(parent)[-1]


def children_of(parent):
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
