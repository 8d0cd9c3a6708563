"""Padding to sizes that can be halved."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.images import image_size
from keras_cae.validation import positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class PaddingToMultiple(keras.layers.Layer):
    """Enlarges images at the right and at the bottom, until `multiple` divides height and width.

    The pixels that are added mirror those inside, as often as need be: images may be smaller than the
    padding.
    """

    def __init__(self, multiple: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.multiple = positive_int(multiple, "multiple")

    def call(self, inputs: Any) -> Any:
        for axis, side in enumerate(image_size(inputs) or (), start=1):
            padded = self._padded(side)
            if padded is not side:
                inputs = ops.take(inputs, _mirrored(side, padded), axis=axis)
        return inputs

    def _padded(self, side: Any) -> Any:
        if side is None or (isinstance(side, int) and side % self.multiple == 0):
            return side
        return (side + self.multiple - 1) // self.multiple * self.multiple

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *map(self._padded, input_shape[1:-1]), input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "multiple": self.multiple}


def _mirrored(side: Any, padded: Any) -> Any:
    """`padded` positions within `side`, back and forth without repeating the ends: 0 1 2 1 0 …"""
    numbers: Any = np if isinstance(side, int) else ops
    position = numbers.arange(padded) % numbers.maximum(2 * side - 2, 1)
    return numbers.minimum(position, 2 * side - 2 - position)
