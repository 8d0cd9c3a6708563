"""The last step of denoisers that predict the noise."""

from typing import Any

import keras
from keras import ops

from keras_cae.images import crop


@keras.saving.register_keras_serializable(package="keras_cae")
class SubtractNoise(keras.layers.Layer):
    """Subtracts predicted noise from images, in the precision of the images.

    Noise that was predicted for padded images is cropped to the size of the images.
    """

    def call(self, inputs: Any) -> Any:
        images, noise = inputs
        noise = crop(noise, ops.shape(images)[1:-1])
        return images - ops.cast(noise, images.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape[0])
