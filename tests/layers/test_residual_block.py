"""The residual block is equivalent to a sequence of Keras layers."""

import keras
import numpy as np
import pytest

from keras_cae.layers import ResidualBlock

IMAGES = np.random.default_rng(0).normal(size=(2, 7, 6, 8)).astype("float32")


def normalized(features, filters, weights):
    gamma, beta = weights
    layer = keras.layers.GroupNormalization(min(8, filters // 4), epsilon=1e-3)
    layer.build(features.shape)
    layer.set_weights([gamma, beta])
    return keras.ops.silu(layer(features))


def branch(first_convolution, filters, weights):
    """The branch built from Keras layers: normalization, activation and convolution, twice."""
    features = first_convolution(normalized(IMAGES, 8, weights[:2]), weights[2]) + weights[3]
    return keras.ops.conv(normalized(features, filters, weights[4:6]), weights[6], 1, "same") + weights[7]


def random_weights(block):
    """Set all weights of a built block to values that affect its outputs."""
    generator = np.random.default_rng(1)
    block.set_weights([generator.normal(0.1, 0.3, size=weight.shape) for weight in block.weights])
    return block.get_weights()


def test_the_shortcut_is_the_input_where_nothing_changes():
    block = ResidualBlock(8)
    block.build(IMAGES.shape)
    weights = random_weights(block)
    assert len(weights) == 8
    expected = IMAGES + branch(lambda x, kernel: keras.ops.conv(x, kernel, 1, "same"), 8, weights)
    np.testing.assert_allclose(block(IMAGES), expected, rtol=1e-4, atol=1e-4)


def test_a_smaller_block_averages_its_shortcut():
    block = ResidualBlock(12, strides=2)
    block.build(IMAGES.shape)
    *weights, kernel, bias = random_weights(block)
    shortcut = keras.ops.average_pool(IMAGES, 2, padding="same")
    shortcut = keras.ops.conv(shortcut, kernel) + bias
    expected = shortcut + branch(lambda x, kernel: keras.ops.conv(x, kernel, 2, "same"), 12, weights)
    np.testing.assert_allclose(block(IMAGES), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("upsampling", ["nearest", "transposed"])
def test_a_larger_block_repeats_its_shortcut(upsampling):
    block = ResidualBlock(4, strides=2, upsampling=upsampling)
    block.build(IMAGES.shape)
    *weights, kernel, bias = random_weights(block)

    def doubled(images):
        return np.repeat(np.repeat(images, 2, axis=1), 2, axis=2)

    def convolution(inputs, kernel):
        if upsampling == "transposed":
            return keras.ops.conv_transpose(inputs, kernel, 2, "same")
        return keras.ops.conv_transpose(doubled(inputs), kernel, 1, "same")

    expected = doubled(keras.ops.conv(IMAGES, kernel) + bias) + branch(convolution, 4, weights)
    np.testing.assert_allclose(block(IMAGES), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("filters", 0),
        ("kernel_size", 1.5),
        ("strides", -2),
        ("upsampling", "bilinear"),
        ("activation", "x"),
        ("groups", 0),
    ],
)
def test_wrong_arguments(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be"):
        ResidualBlock(**{"filters": 2, argument: value})
