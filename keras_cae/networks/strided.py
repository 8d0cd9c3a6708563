"""Strided and transposed convolutions."""

import keras

from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.networks.pyramid import Pyramid


class Strided(Pyramid):
    """Strided convolutions, except for the first, and transposed convolutions in the decoder."""

    keeps_size_first = True

    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        return [
            ConvBlock(filters, strides=strides, **self.block_arguments(index))
            for index, (filters, strides) in enumerate(zip(self.filters, self.strides, strict=True))
        ]

    def decoder_levels(self) -> list[keras.layers.Layer]:
        steps = zip(self.filters[-2::-1], self.strides[:0:-1], strict=True)
        return [
            TransposedConvBlock(filters, strides=strides, **self.block_arguments(index))
            for index, (filters, strides) in enumerate(steps)
        ]
