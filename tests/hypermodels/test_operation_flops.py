"""Numbers of floating-point operations, compared with manual calculations."""

import keras
import pytest
import tensorflow as tf

from keras_cae.hypermodels.model_size import model_size

LAYERS = keras.layers


class Einsum(LAYERS.Layer):
    """`tf.einsum` with a weight."""

    def __init__(self, equation, shape):
        super().__init__()
        self.equation, self.shape = equation, shape

    def build(self, input_shape):
        self.other = self.add_weight(shape=self.shape, name="other")

    def call(self, inputs):
        return tf.raw_ops.Einsum(inputs=[inputs, tf.convert_to_tensor(self.other)], equation=self.equation)


class Called(LAYERS.Layer):
    """Calls its layer in a `tf.function`."""

    def __init__(self, through):
        super().__init__()
        self.through, self.layer = through, LAYERS.Dense(4)

    def build(self, input_shape):
        self.layer.build(input_shape)

    def call(self, inputs):
        return self.through(self.layer, inputs)


def flops(*layers):
    """Return the operations of a network for images of 6×8 pixels and 4 channels."""
    return model_size(lambda: keras.Sequential(layers), (6, 8, 4)).flops


@pytest.mark.parametrize(
    ("layers", "products"),
    [
        ([LAYERS.Conv2D(5, 3, padding="same")], 6 * 8 * 9 * 4 * 5),
        ([LAYERS.Conv2D(5, 3, padding="valid")], 4 * 6 * 9 * 4 * 5),
        ([LAYERS.Conv2D(5, 3, strides=2, padding="same")], 3 * 4 * 9 * 4 * 5),
        ([LAYERS.Conv2D(6, 3, groups=2, padding="same")], 6 * 8 * 9 * 2 * 6),
        ([LAYERS.Conv2D(5, 3, dilation_rate=2, padding="valid")], 2 * 4 * 9 * 4 * 5),
        ([LAYERS.Conv2DTranspose(5, 3, strides=2, padding="same")], 6 * 8 * 9 * 4 * 5),
        ([LAYERS.DepthwiseConv2D(3, depth_multiplier=2, padding="same")], 6 * 8 * 9 * 4 * 2),
        ([LAYERS.SeparableConv2D(5, 3, padding="same")], 6 * 8 * (9 * 4 + 4 * 5)),
        ([LAYERS.Reshape((48, 4)), LAYERS.Conv1D(5, 3, padding="same")], 48 * 3 * 4 * 5),
        ([LAYERS.Reshape((48, 4)), LAYERS.Conv1DTranspose(5, 4, strides=2, padding="same")], 48 * 4 * 4 * 5),
        ([LAYERS.Reshape((6, 4, 2, 4)), LAYERS.Conv3D(5, (3, 2, 1), padding="same")], 48 * 6 * 4 * 5),
        ([LAYERS.Reshape((6, 4, 2, 4)), LAYERS.Conv3DTranspose(5, 2, strides=2)], 48 * 8 * 4 * 5),
        ([LAYERS.Flatten(), LAYERS.Dense(7)], 192 * 7),
        ([LAYERS.Dense(7)], 48 * 4 * 7),
        ([LAYERS.EinsumDense("abcd,de->abce", (6, 8, 7))], 48 * 4 * 7),
        ([Einsum("...d,de->...e", (4, 7))], 48 * 4 * 7),
        ([Einsum("bhwd,hed->bhwe", (6, 3, 4))], 6 * 8 * 3 * 4),
        ([Called(lambda layer, inputs: tf.function(layer)(inputs))], 48 * 4 * 4),
        ([Called(lambda layer, inputs: tf.function(layer, jit_compile=True)(inputs))], 48 * 4 * 4),
        ([LAYERS.UpSampling2D(), LAYERS.MaxPooling2D(), LAYERS.BatchNormalization()], 0),
    ],
)
def test_products_are_counted(layers, products):
    assert flops(*layers) == 2 * products


def test_attention():
    # Query, key, value and output are projections; scores and weighted sums are products of 48 by 48 positions.
    attention = LAYERS.MultiHeadAttention(num_heads=2, key_dim=3)
    layer = Called(lambda layer, inputs: attention(inputs, inputs))
    products = 4 * 48 * 4 * 2 * 3 + 2 * 48 * 48 * 2 * 3
    assert flops(LAYERS.Reshape((48, 4)), layer) == 2 * products


def test_products_in_a_loop_are_no_zero():
    def often(layer, inputs):
        return tf.while_loop(lambda x: tf.reduce_sum(x) < 9.0, lambda x: [layer(x)], [inputs])[0]

    with pytest.raises(ValueError, match=r"max_flops can't count the operations of .*loop.*max_parameters"):
        flops(Called(often))


def test_an_unknown_convolution_is_no_zero():
    def gradient(layer, inputs):
        sizes, output = [3, 3, 4, 4], inputs
        return tf.raw_ops.Conv2DBackpropFilter(
            input=inputs, filter_sizes=sizes, out_backprop=output, strides=[1] * 4, padding="SAME"
        )

    with pytest.raises(ValueError, match=r"max_flops can't count .*Conv2DBackpropFilter.* max_parameters"):
        flops(Called(gradient))


def test_functions_are_compiled_again_afterwards():
    flops(LAYERS.Dense(2))
    assert not tf.config.functions_run_eagerly()
