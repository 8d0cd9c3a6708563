"""Upsampling that the next convolution can take into itself."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_cae")
class NearestUpsampling(keras.layers.UpSampling2D):
    """Nearest-neighbour upsampling whose outputs remember what they were made of.

    A `ConvolutionOfUpsampled` that gets such outputs computes from the small images, see there. They are
    noted on the tensor as Keras notes its masks; whatever comes between the two layers makes another tensor,
    and the convolution takes that one as it is.
    """

    def call(self, inputs: Any) -> Any:
        outputs = super().call(inputs)
        if isinstance(outputs, tf.Tensor) and self._doubles():
            outputs._keras_cae_small = inputs
        return outputs

    def _doubles(self) -> bool:
        return (tuple(self.size), self.interpolation, self.data_format) == (
            (2, 2),
            "nearest",
            "channels_last",
        )


def small_of(images: Any) -> Any:
    """The images that `images` were made of by upsampling them 2×; None if they were not."""
    return getattr(images, "_keras_cae_small", None)
