"""Batch normalization, pooling and upsampling."""

from typing import Any

import keras

from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.upsampled_conv_block import UpsampledConvBlock
from keras_cae.layers.upsampled_convolution import UpsampledConvolution
from keras_cae.networks.pyramid import Pyramid


class Pooled(Pyramid):
    """Convolutions with batch normalization and max pooling, and transposed convolutions with upsampling.

    Args:
        momentum: momentum of the moving averages of batch normalization.
        **shared: arguments of `Pyramid`.
    """

    def __init__(self, *, momentum: float, **shared: Any) -> None:
        super().__init__(**shared)
        self.momentum = momentum

    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        return [
            ConvBlock(filters, pool_size=strides, **self.block_arguments(index))
            for index, (filters, strides) in enumerate(zip(self.filters, self.strides, strict=True))
        ]

    def decoder_levels(self) -> list[keras.layers.Layer]:
        # The upsampling at the end of each level is computed together with the following convolution.
        steps = zip(reversed(self.filters), [1, *self.strides[:0:-1]], strict=True)
        return [
            UpsampledConvBlock(max(1, filters // 2), upsampling=strides, **self.block_arguments(index))
            for index, (filters, strides) in enumerate(steps)
        ]

    def output_convolution(self, channels: int) -> keras.layers.Layer:
        return UpsampledConvolution(
            channels,
            rank=self.rank,
            kernel_size=self.kernel_size,
            upsampling=self.strides[0],
            dtype=self.dtype,
            name="output_convolution",
        )

    def block_arguments(self, index: int) -> dict[str, Any]:
        return {**super().block_arguments(index), "normalization": "batch", "momentum": self.momentum}
