"""Padding to sizes that can be halved."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.images import image_size
from keras_cae.validation import per_axis, positive_int_or_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class PaddingToMultiple(keras.layers.Layer):
    """Pads images at the end of each spatial axis so that its length is a multiple of `multiple`.

    `multiple` is an integer or has one for each axis. The padding is a reflection of the image, repeated as often as
    needed, so that images may be smaller than the padding.
    """

    def __init__(self, multiple: int | tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.multiple = positive_int_or_ints(multiple, "multiple")

    def call(self, inputs: Any) -> Any:
        sides = image_size(inputs) or ()
        for axis, (side, padded) in enumerate(zip(sides, self._padded(sides), strict=True), start=1):
            if padded is not side:
                inputs = ops.take(inputs, _mirrored(side, padded), axis=axis)
        return inputs

    def _padded(self, sides: tuple[Any, ...]) -> list[Any]:
        multiples = per_axis(self.multiple, len(sides), "multiple") if sides else ()
        return [_rounded_up(side, multiple) for side, multiple in zip(sides, multiples, strict=True)]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *self._padded(tuple(input_shape[1:-1])), input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "multiple": self.multiple}


def _rounded_up(side: Any, multiple: int) -> Any:
    if side is None or (isinstance(side, int) and side % multiple == 0):
        return side
    return (side + multiple - 1) // multiple * multiple


def _mirrored(side: Any, padded: Any) -> Any:
    """Return `padded` positions within `side` that run back and forth without repeating the ends: 0 1 2 1 0 …"""
    numbers: Any = np if isinstance(side, int) else ops
    position = numbers.arange(padded) % numbers.maximum(2 * side - 2, 1)
    return numbers.minimum(position, 2 * side - 2 - position)
