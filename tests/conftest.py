"""The setup of all tests: a quiet TensorFlow, a fixed seed and the default precision."""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_disk import mounted

# Two devices, so that distribution strategies can be tested. They must be created before TensorFlow is first used.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
# Tests run in parallel, and each one computes too little to benefit from several threads.
tf.config.threading.set_intra_op_parallelism_threads(1)
# A process that has traced thousands of functions holds millions of objects, which the collector would go through
# every moment.
gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def _fresh_state():
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def digits():
    """Real handwritten digits, `(train, test)`: arrays `(n, 8, 8, 1)` of floats in [0, 1]."""
    from sklearn.datasets import load_digits

    images = (load_digits().images[..., None] / 16).astype("float32")
    order = np.random.default_rng(0).permutation(len(images))
    return images[order[:1437]], images[order[1437:]]


@pytest.fixture
def images():
    """A small batch of random images that are not square and have odd sides and two channels."""
    return np.random.default_rng(0).random((10, 9, 12, 2), dtype="float32")


@pytest.fixture(scope="session")
def two_replicas():
    """A `MirroredStrategy` over two devices. All tests share it, because TensorFlow mixes up several ones."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture
def small_disk(tmp_path):
    """A real disk of 2 MB, which can be filled."""
    yield from mounted(tmp_path / "disk")
