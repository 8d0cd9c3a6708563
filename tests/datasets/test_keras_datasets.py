"""The data sets that Keras downloads, with simulated downloads."""

import importlib

import numpy as np
import pytest

from keras_cae.datasets import load_images
from keras_cae.datasets.keras_datasets import KERAS_DATASETS


@pytest.mark.parametrize("name", KERAS_DATASETS)
def test_images_and_test_images(monkeypatch, name):
    shape = (8, 8, 3) if name == "cifar10" else (8, 8)
    train, test = np.zeros((5, *shape), np.uint8), np.ones((2, *shape), np.uint8)
    module = importlib.import_module(f"keras.datasets.{name}")
    monkeypatch.setattr(module, "load_data", lambda: ((train, None), (test, None)))
    data = load_images(name)
    assert data.name == name
    assert data.images.shape == (5, 8, 8, shape[2] if len(shape) == 3 else 1)
    assert data.images.dtype == np.uint8
    np.testing.assert_array_equal(data.split().test, test.reshape(2, *data.images.shape[1:]))


def test_a_failed_download_names_what_works_offline(monkeypatch):
    def load_data():
        raise Exception("URL fetch failure on https://example.org: None -- unreachable")

    monkeypatch.setattr("keras.datasets.mnist.load_data", load_data)
    with pytest.raises(ConnectionError, match=r"'mnist' could not be downloaded.*unreachable.*digits.*\.npz"):
        load_images("mnist")
