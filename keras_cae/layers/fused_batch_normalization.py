"""Batch normalization on TensorFlow's fused kernel."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.training.replicas import replica_count, sum_over_replicas, valid_in_step
from keras_cae.validation import fraction, positive_float

SMALLEST_EPSILON = 1.001e-5
"""The smallest epsilon that the fused kernel respects."""
FUSED_TYPES = ("float32", "float16", "bfloat16")


@keras.saving.register_keras_serializable(package="keras_cae")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization of images, signals and volumes with TensorFlow's fused kernel.

    This is a drop-in replacement for `keras.layers.BatchNormalization`, with the same weights, configuration and, up to
    float rounding, results, including the moving statistics. Keras computes them from elementary operations, which is
    slower. Statistics are float32 in every precision (Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep
    Network Training by Reducing Internal Covariate Shift").

    With `synchronized=True`, the replicas of a distribution strategy normalize with the statistics of all their images,
    so that training gives the results of a single device. Otherwise, each replica uses its own statistics, as with
    Keras's layer.

    The implementation of Keras handles what the kernel does not support: inputs without spatial axes or in float64, an
    axis other than the last, a mask, `renorm=True`, or an epsilon below 1.001e-5.

    Args:
        momentum: momentum of the moving averages.
        epsilon: added to the variance.
        **kwargs: arguments of `keras.layers.BatchNormalization`.

    Input shape: `(n, *spatial, channels)`, of one to three spatial axes.

    Output shape: that of the input.

    Example:

    >>> layer = keras_cae.layers.FusedBatchNormalization()
    >>> images = np.random.default_rng(0).random((4, 8, 8, 3), dtype="float32")
    >>> float(np.abs(np.mean(layer(images, training=True))).round(5))
    0.0
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(momentum=fraction(momentum, "momentum"), epsilon=positive_float(epsilon, "epsilon"), **kwargs)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None or not self._can_be_fused(inputs):
            return super().call(inputs, training=training, mask=mask)
        channels = (inputs.shape[-1],)
        scale = ops.cast(self.gamma, "float32") if self.scale else tf.ones(channels)
        offset = ops.cast(self.beta, "float32") if self.center else tf.zeros(channels)
        training = training and self.trainable
        if training and self.synchronized and replica_count() > 1:
            mean, variance = _moments_of_all(inputs)
            outputs = tf.nn.batch_normalization(
                ops.cast(inputs, "float32"), mean, variance, offset, scale, self.epsilon
            )
            self._update_moving_statistics(mean, variance)
        elif training:
            outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                _as_images(inputs), scale, offset, epsilon=self.epsilon, is_training=True
            )
            self._update_moving_statistics(mean, self._biased(variance, inputs))
        else:
            outputs, _, _ = tf.compat.v1.nn.fused_batch_norm(
                _as_images(inputs),
                scale,
                offset,
                mean=ops.cast(self.moving_mean, "float32"),
                variance=ops.cast(self.moving_variance, "float32"),
                epsilon=self.epsilon,
                is_training=False,
            )
        return ops.cast(_like(outputs, inputs), self.compute_dtype)

    def _can_be_fused(self, inputs: Any) -> bool:
        return (
            isinstance(inputs, tf.Tensor)
            and len(inputs.shape) in (3, 4, 5)
            and self.axis in (-1, len(inputs.shape) - 1)
            and keras.backend.standardize_dtype(inputs.dtype) in FUSED_TYPES
            and self.epsilon >= SMALLEST_EPSILON
            and not getattr(self, "renorm", False)
        )

    def _biased(self, variance: Any, inputs: Any) -> Any:
        """Convert the sample variance that the kernel returns to the biased variance that Keras stores."""
        count = ops.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), "float32")
        return variance * ((count - 1) / count)

    def _update_moving_statistics(self, mean: Any, variance: Any) -> None:
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + ops.cast(batch, moving.dtype) * (1.0 - self.momentum))


def _as_images(inputs: Any) -> Any:
    """Reshape inputs of any rank to the shape that the kernel accepts, `(n, height, width, channels)`."""
    if len(inputs.shape) == 4:
        return inputs
    sides = tf.shape(inputs)
    height = sides[1] if len(inputs.shape) == 3 else sides[1] * sides[2]
    width = 1 if len(inputs.shape) == 3 else sides[3]
    return tf.reshape(inputs, tf.stack([sides[0], height, width, inputs.shape[-1]]))


def _like(outputs: Any, inputs: Any) -> Any:
    """Reshape the outputs of the kernel to the shape of the inputs."""
    if len(inputs.shape) == 4:
        return outputs
    outputs = tf.reshape(outputs, tf.shape(inputs))
    outputs.set_shape(inputs.shape)
    return outputs


def _moments_of_all(inputs: Any) -> tuple[Any, Any]:
    """Return the mean and variance of each channel over the images of all replicas, of shape `(channels,)`."""
    values = ops.cast(valid_in_step(inputs), "float32")
    axes = tuple(range(len(inputs.shape) - 1))
    count = tf.cast(tf.reduce_prod(tf.shape(values)[:-1]), values.dtype)
    sums = [tf.reduce_sum(values, axes), tf.reduce_sum(values**2, axes), [count]]
    sizes = [values.shape[-1], values.shape[-1], 1]
    total, total_of_squares, count = tf.split(sum_over_replicas(tf.concat(sums, 0)), sizes)
    mean = total / count
    return mean, tf.maximum(total_of_squares / count - mean**2, 0.0)
