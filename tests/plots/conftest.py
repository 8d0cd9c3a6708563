"""Minimal models of each kind that plots support."""

import keras
import numpy as np
import pytest

from keras_cae.anomaly import AnomalyDetector
from keras_cae.models import BasicCAE, VariationalCAE, VectorQuantizedCAE

IMAGES = np.random.default_rng(0).random((12, 8, 8, 1), dtype="float32")
DATA = {
    1: 100 + 30 * np.random.default_rng(1).random((12, 16, 2), dtype="float32"),
    2: 1000 * IMAGES - 200,
    3: 1000 * np.random.default_rng(2).random((12, 4, 8, 6, 1), dtype="float32"),
}
"""Data in any unit, by rank."""


@pytest.fixture(scope="session")
def images():
    return IMAGES


@pytest.fixture(scope="session")
def basic():
    keras.utils.set_random_seed(0)
    model = BasicCAE(latent_dim=3, filters=(4,))
    model.build((None, 8, 8, 1))
    return model


@pytest.fixture(scope="session")
def variational():
    keras.utils.set_random_seed(0)
    model = VariationalCAE(latent_dim=3, filters=(4,))
    model.build((None, 8, 8, 1))
    return model


@pytest.fixture(scope="session")
def quantized():
    keras.utils.set_random_seed(0)
    model = VectorQuantizedCAE(filters=(4,), codebook_size=6, code_dim=2)
    model.build((None, 8, 8, 1))
    return model


@pytest.fixture(scope="session")
def detector(basic):
    return AnomalyDetector(basic, score="mse").calibrate(IMAGES)


def normalized(rank, cls=VariationalCAE, **arguments):
    """A model for data in any unit, and such data."""
    keras.utils.set_random_seed(0)
    normalizer = keras.layers.Normalization()
    normalizer.adapt(DATA[rank])
    arguments = arguments or {"latent_dim": 3}
    model = cls(filters=(4,), rank=rank, output_activation="linear", normalizer=normalizer, **arguments)
    model.build((None, *DATA[rank].shape[1:]))
    return model, DATA[rank]


@pytest.fixture(scope="session", params=[1, 2, 3])
def of_rank(request):
    return normalized(request.param)
