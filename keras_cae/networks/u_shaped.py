"""A U-shaped network that predicts the noise to subtract from the images."""

from typing import Any

import keras

from keras_cae.layers.chain import Chain
from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.subtract_noise import SubtractNoise
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.networks.pyramid import Pyramid


class UShaped(Pyramid):
    """Several convolutions at each size, with skip connections at every size. The decoder also sees the images.

    Args:
        convs_per_level: number of convolutions of the encoder and of the decoder at each level.
        **shared: arguments of `Pyramid`.
    """

    merge = "concatenate"
    skips_images = True
    keeps_size_first = True

    def __init__(self, *, convs_per_level: int, **shared: Any) -> None:
        super().__init__(**shared)
        self.convs_per_level = convs_per_level
        self.skip_levels = tuple(range(len(self.filters) - 2, -1, -1))

    @property
    def smallest_size(self) -> tuple[int, ...]:
        return (1,) * self.rank

    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        return [
            self._chain(self._convolutions(filters, strides), index)
            for index, (filters, strides) in enumerate(zip(self.filters, self.strides, strict=True))
        ]

    def decoder_levels(self) -> list[keras.layers.Layer]:
        """Return levels that convolve the joined features, except at the coarsest level, and enlarge them."""
        levels = []
        for index, filters in enumerate(self.filters[-2::-1]):
            strides = self.strides[-1 - index]
            enlarging = TransposedConvBlock(filters, strides=strides, **self.block_arguments(index))
            joined = self._convolutions(self.filters[-1 - index]) if index else []
            levels.append(self._chain([*joined, enlarging], index))
        return levels

    def finish(self, outputs: Any, skips: list[Any], image_shape: Any) -> Any:
        if len(self.filters) > 1:
            outputs = self._chain(self._convolutions(self.filters[0]), len(self.filters) - 1)(outputs)
        noise = self.output_convolution(image_shape[-1])(outputs)
        clean = SubtractNoise(dtype="float32", autocast=False, name="subtract_noise")([skips[-1], noise])
        return self.output_layer()(clean)

    def _convolutions(self, filters: int, strides: int | tuple[int, ...] = 1) -> list[keras.layers.Layer]:
        return [
            ConvBlock(filters, strides=1 if index else strides, **self.block_arguments(index))
            for index in range(self.convs_per_level)
        ]

    def _chain(self, layers: list[keras.layers.Layer], index: int) -> keras.layers.Layer:
        return Chain(layers, dtype=self.dtype, name=f"level_{index}")
