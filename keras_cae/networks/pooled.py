"""Batch normalization, pooling and upsampling."""

from typing import Any

import keras

from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.networks.pyramid import Pyramid


class Pooled(Pyramid):
    """Convolutions with batch normalization and max pooling, transposed ones with upsampling.

    Args:
        momentum: of the moving averages of batch normalization.
        **shared: of `Pyramid`.
    """

    def __init__(self, *, momentum: float, **shared: Any) -> None:
        super().__init__(**shared)
        self.momentum = momentum

    @property
    def halvings(self) -> int:
        return len(self.filters)

    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        return [
            ConvBlock(filters, pool_size=2, **self.block_arguments(index)) for index, filters in enumerate(self.filters)
        ]

    def decoder_levels(self) -> list[keras.layers.Layer]:
        return [
            TransposedConvBlock(max(1, filters // 2), upsampling=2, **self.block_arguments(index))
            for index, filters in enumerate(reversed(self.filters))
        ]

    def block_arguments(self, index: int) -> dict[str, Any]:
        return {**super().block_arguments(index), "normalization": "batch", "momentum": self.momentum}
