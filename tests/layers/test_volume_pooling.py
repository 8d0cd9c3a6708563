"""Pooling of volumes in every precision, compared with the layers of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers.volume_pooling import VolumePooling, pooling_by_slices

VOLUMES = np.random.default_rng(0).normal(size=(2, 3, 5, 4, 3))


@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("size", [(2, 2, 2), (1, 3, 2), (3, 1, 1)])
@pytest.mark.parametrize("policy", ["float32", "float64", "float16", "bfloat16"])
def test_the_numbers_of_keras(kind, size, policy):
    layer = VolumePooling(kind, size, dtype=policy)
    stock = getattr(keras.layers, f"{kind}Pooling3D")(size, padding="same")
    volumes = tf.cast(VOLUMES, policy)
    exact = {"float32": 1e-6, "float64": 1e-6, "float16": 2e-3, "bfloat16": 2e-2}[policy]

    def gradient(function, inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(inputs)
            loss = tf.reduce_sum(tf.cast(outputs, "float32") ** 3)
        return outputs, tape.gradient(loss, inputs)

    outputs, of_inputs = gradient(layer, volumes)
    expected, expected_of_inputs = gradient(stock, tf.cast(volumes, "float32"))
    assert outputs.dtype == policy
    assert tuple(layer.compute_output_shape(volumes.shape)) == outputs.shape
    np.testing.assert_allclose(tf.cast(outputs, "float32"), expected, rtol=exact, atol=exact)
    np.testing.assert_allclose(tf.cast(of_inputs, "float32"), expected_of_inputs, rtol=20 * exact, atol=20 * exact)
    free = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, None, 3), policy)])
    np.testing.assert_array_equal(tf.cast(free(volumes), "float32"), tf.cast(outputs, "float32"))


@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_by_slices(kind):
    layer = VolumePooling(kind, (2, 3, 2))
    volumes = tf.constant(VOLUMES, "float32")
    expected = layer(volumes)

    @tf.function
    def pooled():
        with pooling_by_slices():
            return layer(volumes)

    operations = {operation.type for operation in pooled.get_concrete_function().graph.get_operations()}
    assert not operations & {"MaxPool3D", "AvgPool3D"}
    np.testing.assert_allclose(pooled(), expected, rtol=1e-6, atol=1e-6)
