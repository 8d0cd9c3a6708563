"""Reduction of feature maps without aliasing."""

from typing import Any

import keras
from keras import ops

from keras_cae.validation import per_axis, positive_int_or_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class BlurPooling(keras.layers.Layer):
    """Reduces feature maps by averaging with triangular weights (Zhang 2019, "Making Convolutional Networks
    Shift-Invariant Again").

    `strides` is the factor, an integer or one for each axis, which must divide the sides. Along an axis with stride 2,
    each value is the mean of three neighbours with weights (1, 2, 1) / 4. The values at the edges are repeated.
    """

    def __init__(self, strides: int | tuple[int, ...] = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strides = positive_int_or_ints(strides, "strides")

    def call(self, inputs: Any) -> Any:
        for axis, stride in enumerate(per_axis(self.strides, len(inputs.shape) - 2, "strides"), start=1):
            if stride > 1:
                inputs = _pooled(inputs, axis, stride)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        sides = input_shape[1:-1]
        strides = per_axis(self.strides, len(sides), "strides")
        pooled = (None if side is None else side // stride for side, stride in zip(sides, strides, strict=True))
        return (input_shape[0], *pooled, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "strides": self.strides}


def _pooled(features: Any, axis: int, stride: int) -> Any:
    """Reduce features along an axis, with the weights 1, 2, …, stride, …, 2, 1 at every `stride`-th value."""
    before = (slice(None),) * axis
    padding = [(0, 0)] * len(features.shape)
    padding[axis] = (stride - 1, 0)
    padded = ops.pad(features, padding, mode="symmetric")
    side = ops.shape(features)[axis]
    total: Any = 0.0
    for tap in range(2 * stride - 1):
        weight = (stride - abs(stride - 1 - tap)) / stride**2
        total = total + weight * padded[(*before, slice(tap, tap + side, stride))]
    return total
