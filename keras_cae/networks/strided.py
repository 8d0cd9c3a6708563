"""Strided and transposed convolutions."""

import keras

from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.networks.pyramid import Pyramid


class Strided(Pyramid):
    """Convolutions, of which each but the first has a stride of 2, and transposed ones back."""

    @property
    def halvings(self) -> int:
        return len(self.filters) - 1

    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        return [
            ConvBlock(filters, strides=1 if index == 0 else 2, **self.block_arguments(index))
            for index, filters in enumerate(self.filters)
        ]

    def decoder_levels(self) -> list[keras.layers.Layer]:
        return [
            TransposedConvBlock(filters, strides=2, **self.block_arguments(index))
            for index, filters in enumerate(reversed(self.filters[:-1]))
        ]
