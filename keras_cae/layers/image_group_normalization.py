"""Group normalization of images."""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import keras
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
        values = ops.cast(inputs, dtype)
        mean, variance = self._group_moments(ops.stop_gradient(values) if _moments_are_constant.get() else values)
        scale = ops.cast(self.gamma, dtype) * ops.rsqrt(variance + self.epsilon)
        offset = ops.cast(self.beta, dtype) - mean * scale
        outputs = values * _for_places(scale, inputs) + _for_places(offset, inputs)
        return ops.cast(outputs, self.compute_dtype)

    def _group_moments(self, values: Any) -> tuple[Any, Any]:
        """Return the mean and variance of each channel's group, of shape `(n, channels)`."""
        channels = values.shape[-1]
        mean, variance = (
            ops.reshape(moment, (-1, self.group_count, channels // self.group_count))
            for moment in ops.moments(values, axes=tuple(range(1, len(values.shape) - 1)))
        )
        group_mean = ops.mean(mean, axis=-1, keepdims=True)
        group_variance = ops.mean(variance + ops.square(mean - group_mean), axis=-1, keepdims=True)
        return tuple(
            ops.reshape(ops.broadcast_to(moment, ops.shape(mean)), (-1, channels))
            for moment in (group_mean, group_variance)
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "epsilon": self.epsilon}


def _for_places(values: Any, images: Any) -> Any:
    """Reshape values of shape `(n, channels)` so that they broadcast with images."""
    return ops.reshape(values, (-1, *[1] * (len(images.shape) - 2), values.shape[-1]))
