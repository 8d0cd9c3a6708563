"""A network of residual blocks."""

from collections.abc import Iterable
from typing import Any

import keras

from keras_cae.layers.chain import Chain
from keras_cae.layers.residual_block import ResidualBlock
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.layers.upsampled_conv_block import UpsampledConvBlock
from keras_cae.networks.pyramid import Pyramid

FEATURE_SCALE = 0.4
"""The factor of features before a dense layer. Without it, an Adam step would change codes too much."""


class Residual(Pyramid):
    """A strided convolution to half the resolution and residual blocks at each size, mirrored in the decoder.

    Args:
        blocks_per_level: number of residual blocks of the encoder at each level.
        upsampling: how the decoder doubles the size: "nearest" or "transposed".
        **shared: arguments of `Pyramid`.
    """

    def __init__(self, *, blocks_per_level: int, upsampling: str, **shared: Any) -> None:
        super().__init__(**shared)
        self.blocks_per_level = blocks_per_level
        self.upsampling = upsampling

    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        first, *others = self.filters
        stem = self.convolution("Conv{}D", first, self.kernel_size, strides=self.strides[0], name="stem")
        more = self.blocks_per_level - 1
        levels = [[stem, *self._blocks(first, self.blocks_per_level)]]
        levels += [
            [self._block(filters, strides), *self._blocks(filters, more)]
            for filters, strides in zip(others, self.strides[1:], strict=True)
        ]
        if dense:
            levels[-1].append(keras.layers.Rescaling(FEATURE_SCALE, dtype=self.dtype, name="scale"))
        return self._chains(levels)

    def decoder_levels(self) -> list[keras.layers.Layer]:
        enlarging = [
            *(
                self._block(filters, strides, self.upsampling)
                for filters, strides in zip(self.filters[-2::-1], self.strides[:0:-1], strict=True)
            ),
            self._to_full_resolution(len(self.filters) - 1),
        ]
        more = self.blocks_per_level - 1
        return self._chains(
            [*self._blocks(filters, more), step]
            for filters, step in zip(reversed(self.filters), enlarging, strict=True)
        )

    def _to_full_resolution(self, index: int) -> keras.layers.Layer:
        """Return the last level, which has no residual blocks: at full resolution they would dominate the run time."""
        filters, strides = max(1, self.filters[0] // 2), self.strides[0]
        if self.upsampling == "transposed":
            return TransposedConvBlock(filters, strides=strides, **self.block_arguments(index))
        return UpsampledConvBlock(filters, upsampling=strides, **self.block_arguments(index))

    def _blocks(self, filters: int, count: int) -> list[keras.layers.Layer]:
        return [self._block(filters) for _ in range(count)]

    def _block(
        self, filters: int, strides: int | tuple[int, ...] = 1, upsampling: str | None = None
    ) -> keras.layers.Layer:
        return ResidualBlock(
            filters,
            upsampling=upsampling,
            rank=self.rank,
            kernel_size=self.kernel_size,
            strides=strides,
            activation=self.activation,
            dtype=self.dtype,
        )

    def _chains(self, levels: Iterable[list[keras.layers.Layer]]) -> list[keras.layers.Layer]:
        return [Chain(level, dtype=self.dtype, name=f"level_{index}") for index, level in enumerate(levels)]
