"""Conversion from the unit of the data to normalized values, and back."""

from typing import Any, ClassVar

import keras
import tensorflow as tf
from keras import ops

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.serialization import layer
from keras_cae.validation import boolean

SMALLEST_DEVIATION = 1e-6
"""The standard deviation, relative to the mean, below which a channel is considered constant up to rounding."""


@keras.saving.register_keras_serializable(package="keras_cae")
class DataScale(Hyperparameters, keras.layers.Layer):
    """Normalizes each channel as a `keras.layers.Normalization` does, or converts back to the unit of the data.

    It uses the current statistics of the normalization, even in compiled functions. Constant channels are only shifted,
    so that they become zeros.

    Args:
        normalizer: the normalization, which may be shared.
        inverse: whether to convert back.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    rules: ClassVar = {"normalizer": layer, "inverse": boolean}

    def __init__(self, normalizer: Any, inverse: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(normalizer=normalizer, inverse=inverse)

    def build(self, input_shape: Any) -> None:
        if not self.normalizer.built:
            # Otherwise, a model that is built within a step would store tensors of the step's graph.
            with tf.init_scope():
                self.normalizer.build((*[None] * (len(input_shape) - 1), input_shape[-1]))

    def call(self, inputs: Any) -> Any:
        mean, deviation = (ops.cast(part, inputs.dtype) for part in self._moments())
        return inputs * deviation + mean if self.inverse else (inputs - mean) / deviation

    def _moments(self) -> tuple[Any, Any]:
        """Return the mean and the standard deviation of each channel, of shape `(channels,)`."""
        given = self.normalizer.input_mean is not None
        mean = self.normalizer.mean if given else self.normalizer.adapt_mean
        variance = self.normalizer.variance if given else self.normalizer.adapt_variance
        mean, variance = (ops.reshape(ops.cast(part, self.variable_dtype), (-1,)) for part in (mean, variance))
        varies = variance > ops.square(SMALLEST_DEVIATION * mean)
        return mean, ops.where(varies, ops.sqrt(ops.where(varies, variance, 1.0)), 1.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)
