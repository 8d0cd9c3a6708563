"""A U-shaped network without a skip connection of the image, for predicting pixels that it must not see."""

from typing import Any

import keras

from keras_cae.layers.blur_pooling import BlurPooling
from keras_cae.networks.u_shaped import UShaped


class BlindUShaped(UShaped):
    """The levels of `UShaped`, which predict the image itself instead of the noise to subtract from it.

    Args:
        outermost_skip: whether the decoder sees the feature maps of full resolution.
        blurred: whether the encoder reduces feature maps by blurred pooling instead of strides.
        **shared: arguments of `UShaped`.
    """

    skips_images = False

    def __init__(self, *, outermost_skip: bool, blurred: bool, **shared: Any) -> None:
        super().__init__(**shared)
        self.blurred = blurred
        if not outermost_skip:
            self.skip_levels = self.skip_levels[:-1]

    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        if not self.blurred:
            return super().encoder_levels(dense)
        return [
            self._chain([*self._pooling(strides), *self._convolutions(filters)], index)
            for index, (filters, strides) in enumerate(zip(self.filters, self.strides, strict=True))
        ]

    def _pooling(self, strides: tuple[int, ...]) -> list[keras.layers.Layer]:
        if set(strides) == {1}:
            return []
        return [BlurPooling(strides, dtype=self.dtype, name="pooling")]

    def finish(self, outputs: Any, skips: list[Any], image_shape: Any) -> Any:
        if len(self.filters) > 1:
            outputs = self._chain(self._convolutions(self.filters[0]), len(self.filters) - 1)(outputs)
        return super(UShaped, self).finish(outputs, skips, image_shape)
