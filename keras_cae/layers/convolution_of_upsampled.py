"""A transposed convolution that takes the upsampling before it into itself."""

from typing import Any

import keras
import tensorflow as tf

from keras_cae.layers.nearest_upsampling import small_of


@keras.saving.register_keras_serializable(package="keras_cae")
class ConvolutionOfUpsampled(keras.layers.Conv2DTranspose):
    """A `keras.layers.Conv2DTranspose` that is fast on the outputs of `NearestUpsampling`.

    With a stride of 1 and "same" padding, the convolution of images that were upsampled 2× is a transposed
    convolution of the small images with a stride of 2. Its kernel is the sum of the layer's, shifted by 0
    and by 1 pixel along both axes: rows `a, b, c` become `a, a + b, b + c, c`. This needs four products for
    a value where the other needs nine. The weights and, up to float rounding, the numbers are the same.
    """

    def call(self, inputs: Any) -> Any:
        small = small_of(inputs) if self._can_be_folded() else None
        if small is None:
            return super().call(inputs)
        outputs = tf.nn.conv2d_transpose(
            small,
            _spread(tf.convert_to_tensor(self.kernel)),
            output_shape=tf.concat([tf.shape(inputs)[:-1], [self.filters]], 0),
            strides=2,
            padding="SAME",
        )
        outputs.set_shape((*inputs.shape[:-1], self.filters))
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias))
        return self.activation(outputs)

    def _can_be_folded(self) -> bool:
        return (
            (tuple(self.strides), tuple(self.dilation_rate)) == ((1, 1), (1, 1))
            and self.padding == "same"
            and self.data_format == "channels_last"
        )


def _spread(kernel: Any) -> Any:
    """The sum of a kernel and of itself shifted by one pixel. Shape: one more on the first two axes."""
    rows = tf.pad(kernel, [[0, 1], [0, 0], [0, 0], [0, 0]]) + tf.pad(kernel, [[1, 0], [0, 0], [0, 0], [0, 0]])
    return tf.pad(rows, [[0, 0], [0, 1], [0, 0], [0, 0]]) + tf.pad(rows, [[0, 0], [1, 0], [0, 0], [0, 0]])
