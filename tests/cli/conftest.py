"""Fixtures for the tests of commands that apply a saved model."""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from keras_cae import models
from keras_cae.cli.app import app

SIZE = (8, 12)


def picture(seed, size=SIZE):
    """An 8-bit grey image."""
    return np.random.default_rng(seed).integers(0, 256, size, dtype="uint8")


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """A folder with files of tiny models: one trained on images of 8×12, and others that are only built."""
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    trained = models.BasicCAE(3, filters=(4,))
    trained.compile("adam", "mse")
    trained.fit(np.stack([picture(number) for number in range(8)])[..., None], verbose=0)
    trained.save(folder / "model.keras")
    built = {
        "any": models.BasicCAE(filters=(2,)),
        "generating": models.VariationalCAE(2, filters=(2,)),
        "skip": models.SkipConnectionCAE(2, filters=(2, 2, 2)),
        "indices": models.VectorQuantizedCAE(5, 2, filters=(2,)),
    }
    for name, model in built.items():
        model.build((None, *SIZE, 1))
        model.save(folder / f"{name}.keras")
    signals = models.BasicCAE(2, rank=1, filters=(2,))
    signals.build((None, 10, 2))
    signals.save(folder / "signals.keras")
    return folder


@pytest.fixture
def photos(tmp_path):
    """A folder of nested images, some of which have the same name, with two damaged files among them."""
    folder = tmp_path / "photos"
    for number, name in enumerate(("a.png", "b/a.png", "b/a.jpg", "b/c/d.png", "e.png")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(number)).save(path)
    whole = (folder / "e.png").read_bytes()
    (folder / "torn.png").write_bytes(whole[: len(whole) // 2])
    (folder / "b/text.png").write_bytes(b"no image")
    return folder


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """A function that runs the program in a separate folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


READABLE = ["a.png", "e.png", "b/a.jpg", "b/a.png", "b/c/d.png"]
"""The images in `photos` that can be read, in order."""


def pixels_of(folder, names=READABLE):
    """The images in files as an array."""
    return np.stack([np.asarray(Image.open(Path(folder) / name)) for name in names])[..., None]
