"""Commands with streamed images."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from keras_cae.cli.app import app

SMALL = ("--filters", "4,8", "--latent-dim", "4", "--image-size", "8")


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Runs the program in a folder with a folder of images of gradients."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    Path("photos").mkdir()
    rows, columns = np.mgrid[:9, :9]
    for number in range(30):
        slopes = random.random(2) * 14
        Image.fromarray((slopes[0] * rows + slopes[1] * columns).astype("uint8")).save(f"photos/{number:02}.png")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def results(folder):
    return json.loads((Path(folder) / "results.json").read_text())


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on(invoke, monkeypatch):
    from keras_cae.cli.training.graceful_stop import GracefulStop

    arguments = ("train", "photos", "--stream", "--epochs", 3, "--batch-size", 8, *SMALL)
    assert invoke(*arguments, "--out", "whole").exit_code == 0

    def stop_in_the_second_epoch(self, batch, logs=None):
        self.batches = getattr(self, "batches", 0) + 1
        if self.batches == 5:
            self.handle(signal.SIGTERM)
        self._stop_if_requested()

    monkeypatch.setattr(GracefulStop, "on_train_batch_end", stop_in_the_second_epoch)
    assert invoke(*arguments, "--out", "stopped").exit_code == 128 + signal.SIGTERM
    monkeypatch.setattr(GracefulStop, "on_train_batch_end", lambda self, batch, logs=None: self._stop_if_requested())
    assert invoke("train", "--resume", "stopped").exit_code == 0
    whole, stopped = results("whole"), results("stopped")
    assert whole["test"] == stopped["test"]


@pytest.mark.slow
def test_train_and_score(invoke, monkeypatch):
    monkeypatch.setattr("keras_cae.datasets.streamed_data.available_memory", lambda: 1000)
    result = invoke("train", "photos", "--epochs", 2, "--detector", "--out", "streamed", *SMALL)
    assert result.exit_code == 0, result.output
    assert "21 for training, 3 for validation, 6 for testing" in result.stdout
    assert "Streaming: 30 files are read on demand, 0.00 GB of pixels in total" in result.stdout
    loaded = invoke("train", "photos", "--epochs", 2, "--out", "loaded", "--no-stream", *SMALL)
    assert loaded.exit_code == 0, loaded.output
    assert "Streaming" not in loaded.stdout
    # The test images and the principal components are the same.
    pca = "PCA, 4 components"
    assert results("streamed")["test"][pca]["mse"] == pytest.approx(results("loaded")["test"][pca]["mse"], rel=1e-4)
    images = np.stack([np.asarray(Image.open(path).resize((8, 8))) for path in sorted(Path("photos").iterdir())])
    np.save("images.npy", images)
    for arguments in (["photos"], ["images.npy", "--stream"], ["images.npy", "--no-stream"]):
        folder = "scores" + "".join(arguments)
        scored = invoke("score", "streamed", *arguments, "--out", folder, "--overlays", "none")
        assert scored.exit_code == 0, scored.output
        assert results(folder)["images"] == 30
    refused = invoke("score", "streamed", "photos", "--no-stream")
    assert refused.exit_code == 2
    assert "--no-stream" in refused.output


@pytest.mark.slow
def test_train_on_shards(invoke):
    assert invoke("pack", "photos", "out/train-{shard}.tfrecord", "--shards", 2).exit_code == 0
    result = invoke("train", "out/train-{shard}.tfrecord", "--epochs", 1, "--out", "run", *SMALL)
    assert result.exit_code == 0, result.output
    assert "Streaming: 2 files" in result.stdout
    scored = invoke("train", "photos", "--stream", "--resume", "run")
    assert scored.exit_code == 2


@pytest.mark.slow
def test_tune(invoke):
    result = invoke(
        *("tune", "photos", "--stream", "--model", "basic", "--tuner", "random", "--trials", 1, "--epochs", 1),
        *("--image-size", 8, "--latent-dim", 4, "--out", "search"),
    )
    assert result.exit_code == 0, result.output
    assert "Streaming: 30 files" in result.stdout
    assert results("search")["trials"] == 1


def test_what_is_refused(invoke):
    for arguments, words in (
        (("train", "digits", "--stream"), "--stream is only supported for folders"),
        (("train", "photos", "--stream", "--rank", 1), "rank=1"),
    ):
        result = invoke(*arguments)
        assert result.exit_code == 2
        assert words in result.output
