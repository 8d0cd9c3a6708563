"""The blocks are equivalent to sequences of Keras layers."""

import keras
import numpy as np
import pytest

from keras_cae.layers import ConvBlock, TransposedConvBlock


def test_conv_block(images):
    block = ConvBlock(3, strides=2, activation="tanh", normalization="batch", pool_size=2)
    outputs = block(images, training=True)
    kernel, bias, gamma, beta, moving_mean, _ = block.get_weights()
    features = keras.ops.conv(images, kernel, 2, "same") + bias
    mean, variance = keras.ops.moments(features, axes=(0, 1, 2))
    normalized = gamma * (features - mean) / keras.ops.sqrt(variance + 1e-3) + beta
    expected = keras.ops.max_pool(keras.ops.tanh(normalized), 2, padding="same")
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(moving_mean, 0.01 * mean, rtol=1e-4, atol=1e-6)


def test_transposed_conv_block(images):
    block = TransposedConvBlock(3, strides=2, activation="tanh", upsampling=2)
    outputs = block(images)
    kernel, bias = block.get_weights()
    features = keras.ops.tanh(keras.ops.conv_transpose(images, kernel, 2, "same") + bias)
    np.testing.assert_allclose(outputs, np.repeat(np.repeat(features, 2, 1), 2, 2), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("cls", [ConvBlock, TransposedConvBlock])
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("filters", 0),
        ("kernel_size", 1.5),
        ("strides", -2),
        ("normalization", "instance"),
        ("activation", "x"),
    ],
)
def test_wrong_arguments(cls, argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be"):
        cls(**{"filters": 2, argument: value})


def test_wrong_resizing():
    with pytest.raises(ValueError, match="pool_size must be a positive integer, got 0"):
        ConvBlock(2, pool_size=0)
    with pytest.raises(ValueError, match="upsampling must be a positive integer, got 0"):
        TransposedConvBlock(2, upsampling=0)
