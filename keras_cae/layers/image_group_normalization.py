"""Group normalization of images."""

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.validation import positive_float, positive_int

SMALLEST_GROUP = 4
"""The minimum number of channels of a group. A group with a single value would be normalized to zero."""

_moments_are_constant: contextvars.ContextVar[bool] = contextvars.ContextVar("moments_are_constant", default=False)


@contextlib.contextmanager
def constant_moments() -> Iterator[None]:
    """Within the block, no gradient flows through the moments, so that gradients of pixels only reflect near pixels."""
    token = _moments_are_constant.set(True)
    try:
        yield
    finally:
        _moments_are_constant.reset(token)


@keras.saving.register_keras_serializable(package="keras_cae")
class ImageGroupNormalization(keras.layers.Layer):
    """Group normalization (Wu & He 2018), with the results of `keras.layers.GroupNormalization`.

    Moments are computed per channel and then combined, in float32, because reductions over the spatial axes of `(n,
    *spatial, channels)` are fast, whereas reductions over groups of the last axis are not. The channels are split into
    as many groups of equal size as possible, at most `groups`, with at least four channels each.
    """

    def __init__(self, groups: int = 8, epsilon: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = positive_int(groups, "groups")
        self.epsilon = positive_float(epsilon, "epsilon")

    def build(self, input_shape: Any) -> None:
        channels = input_shape[-1]
        self.group_count = max(
            count
            for count in range(1, self.groups + 1)
            if channels % count == 0 and (count == 1 or channels // count >= SMALLEST_GROUP)
        )
        self.gamma = self.add_weight(shape=(channels,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(channels,), initializer="zeros", name="beta")

    def call(self, inputs: Any) -> Any:
        dtype = "float64" if self.compute_dtype == "float64" else "float32"
        values, gamma, beta = (ops.cast(part, dtype) for part in (inputs, self.gamma, self.beta))
        if _moments_are_constant.get():
            moments = _group_moments(ops.stop_gradient(values), self.group_count)
            outputs = _scaled(values, *moments, gamma, beta, self.epsilon)
        else:
            outputs = _normalization(self.group_count, self.epsilon)(values, gamma, beta)
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "epsilon": self.epsilon}


def _normalization(group_count: int, epsilon: float) -> Callable[..., Any]:
    """Return a function of images, gamma and beta, with a gradient that passes over the images less often."""

    @tf.custom_gradient
    def normalize(values: Any, gamma: Any, beta: Any) -> Any:
        mean, variance = _group_moments(values, group_count)
        outputs = _scaled(values, mean, variance, gamma, beta, epsilon)

        def gradients(upstream: Any) -> tuple[Any, Any, Any]:
            axes = tuple(range(1, len(values.shape) - 1))
            count = ops.cast(ops.prod(ops.shape(values)[1:-1]), values.dtype)
            inverse = ops.rsqrt(variance + epsilon)
            of_beta = ops.sum(upstream, axis=axes)
            of_gamma = inverse * (ops.sum(upstream * values, axis=axes) - mean * of_beta)
            # The normalized values are (values - mean) * inverse; both factors depend on all values of a group.
            constant = _group_means(gamma * of_beta, group_count) / count
            slope = inverse * _group_means(gamma * of_gamma, group_count) / count
            of_values = (
                upstream * _for_places(gamma * inverse, values)
                - values * _for_places(inverse * slope, values)
                + _for_places(inverse * (slope * mean - constant), values)
            )
            return of_values, ops.sum(of_gamma, axis=0), ops.sum(of_beta, axis=0)

        return outputs, gradients

    return normalize


def _scaled(values: Any, mean: Any, variance: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    """Return normalized images. The mean and the variance have the shape `(n, channels)`."""
    scale = gamma * ops.rsqrt(variance + epsilon)
    return values * _for_places(scale, values) + _for_places(beta - mean * scale, values)


def _group_moments(values: Any, group_count: int) -> tuple[Any, Any]:
    """Return the mean and the variance of each channel's group, of shape `(n, channels)`."""
    mean, variance = ops.moments(values, axes=tuple(range(1, len(values.shape) - 1)))
    group_mean = _group_means(mean, group_count)
    return group_mean, _group_means(variance + ops.square(mean - group_mean), group_count)


def _group_means(values: Any, group_count: int) -> Any:
    """Return for each channel the mean over the channels of its group. Shape: `(n, channels)`."""
    channels = values.shape[-1]
    groups = ops.reshape(values, (-1, group_count, channels // group_count))
    means = ops.broadcast_to(ops.mean(groups, axis=-1, keepdims=True), ops.shape(groups))
    return ops.reshape(means, (-1, channels))


def _for_places(values: Any, images: Any) -> Any:
    """Reshape values of shape `(n, channels)` so that they broadcast with images."""
    return ops.reshape(values, (-1, *[1] * (len(images.shape) - 2), values.shape[-1]))
