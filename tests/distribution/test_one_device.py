"""Strategies with a single device, as in programs for several devices that run on a machine with one."""

import contextlib
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae

IMAGES = np.random.default_rng(0).random((10, 8, 8, 1), dtype="float32")
DAMAGED = np.where(IMAGES > 0.99, np.nan, IMAGES)


def results(scope, **compiled):
    """The losses of training with batch normalization, and whether a rejected batch has changed the weights."""
    keras.utils.set_random_seed(0)
    with scope:
        model = keras_cae.models.BatchNormPoolCAE(2, filters=(2,))
        model.compile("adam", "mse", **compiled)
    losses = model.fit(IMAGES, batch_size=4, shuffle=False, verbose=0).history["loss"]
    losses.append(model.evaluate(IMAGES, verbose=0))
    weights = model.get_weights()
    with pytest.raises(ValueError, match="did not change the model"):
        model.fit(tf.data.Dataset.from_tensors(DAMAGED), verbose=0)
    return losses, all(map(np.array_equal, weights, model.get_weights()))


@pytest.mark.slow
def test_a_mirrored_strategy_of_one_device_trains_as_no_strategy():
    # Run in a separate process, because TensorFlow mixes up several mirrored strategies in one process.
    process = subprocess.run([sys.executable, __file__], check=True, stdout=subprocess.PIPE, text=True)
    losses, unchanged = json.loads(process.stdout.splitlines()[-1])
    assert losses == pytest.approx(results(contextlib.nullcontext())[0], rel=1e-5)
    assert unchanged


def test_one_device_trains_as_no_strategy():
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    losses, unchanged = results(strategy.scope(), steps_per_execution=2)
    assert losses == pytest.approx(results(contextlib.nullcontext())[0], rel=1e-5)
    assert unchanged


if __name__ == "__main__":
    print(json.dumps(results(tf.distribute.MirroredStrategy().scope())))
