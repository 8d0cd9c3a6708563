"""Residual blocks."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.layers.nearest_upsampling import NearestUpsampling
from keras_cae.layers.residual_block import ResidualBlock
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.models.pyramid_cae import PyramidCAE
from keras_cae.validation import one_of, positive_int

FEATURE_SCALE = 0.4
"""Multiplies features before the dense layer: of thousands of larger ones Adam changes a code too much."""


@keras.saving.register_keras_serializable(package="keras_cae")
class ResidualCAE(PyramidCAE):
    """Autoencoder of residual blocks: the most faithful reconstructions of a code of a given size.

    A convolution of stride 2 takes the image to the first level of residual blocks; the first block of each
    later level halves the size. The decoder's blocks double it, and a convolution makes the step to full
    resolution. Blocks are normalized by groups, and neither the image nor the reconstruction is (He et al.
    2016, "Identity Mappings in Deep Residual Networks"; Wu & He 2018, "Group Normalization"; Odena et al.
    2016, "Deconvolution and Checkerboard Artifacts").

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and one
            set of weights serves images of any size.
        filters: channels of each level's blocks, from half the resolution down.
        blocks_per_level: how many residual blocks the encoder has at each size.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, each place has its own.
        output_activation: the same, for the last layer. It decides which values the images may have:
            "sigmoid" for [0, 1].
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        upsampling: how the decoder doubles the size: "nearest" for nearest-neighbour upsampling and
            a convolution, "transposed" for transposed convolutions of stride 2.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`; each side at least `2 ** len(filters)` pixels.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above, or the images are too small.

    Example:

    >>> model = keras_cae.models.ResidualCAE(latent_dim=8, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((16, 9, 12, 3), dtype="float32")
    >>> history = model.fit(images, verbose=0)
    >>> model.encode(images).shape
    (16, 8)
    """

    def __init__(
        self,
        latent_dim: int | None,
        filters: Sequence[int] = (32, 64),
        blocks_per_level: int = 1,
        kernel_size: int = 3,
        activation: Any = "silu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        upsampling: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, filters, kernel_size, activation, output_activation, corruption, **kwargs)
        self.blocks_per_level = positive_int(blocks_per_level, "blocks_per_level")
        self.upsampling = one_of(upsampling, "upsampling", ("nearest", "transposed"))

    def encoder_levels(self) -> list[keras.layers.Layer]:
        first, *others = self.filters
        stem = keras.layers.Conv2D(
            first,
            self.kernel_size,
            strides=2,
            padding="same",
            data_format="channels_last",
            dtype=self.dtype_policy,
            name="stem",
        )
        more = self.blocks_per_level - 1
        levels = [[stem, *self._blocks(first, self.blocks_per_level)]]
        levels += [[self._block(filters, 2), *self._blocks(filters, more)] for filters in others]
        if self.latent_dim is not None:
            levels[-1].append(keras.layers.Rescaling(FEATURE_SCALE, dtype=self.dtype_policy, name="scale"))
        return self.chains(levels)

    def decoder_levels(self) -> list[keras.layers.Layer]:
        enlarging = [
            *([self._block(filters, 2, self.upsampling)] for filters in self.filters[-2::-1]),
            self._to_full_resolution(len(self.filters) - 1),
        ]
        more = self.blocks_per_level - 1
        return self.chains(
            [*self._blocks(filters, more), *step]
            for filters, step in zip(reversed(self.filters), enlarging, strict=True)
        )

    def _to_full_resolution(self, index: int) -> list[keras.layers.Layer]:
        """The last step: residual blocks of as many pixels would take longer than all others together."""
        filters = max(1, self.filters[0] // 2)
        if self.upsampling == "transposed":
            return [TransposedConvBlock(filters, strides=2, **self.block_arguments(index))]
        upsampling = NearestUpsampling(2, data_format="channels_last", dtype=self.dtype_policy)
        return [upsampling, TransposedConvBlock(filters, **self.block_arguments(index))]

    def _blocks(self, filters: int, count: int) -> list[keras.layers.Layer]:
        return [self._block(filters) for _ in range(count)]

    def _block(self, filters: int, strides: int = 1, upsampling: str | None = None) -> keras.layers.Layer:
        return ResidualBlock(
            filters,
            self.kernel_size,
            strides,
            upsampling,
            self.activation,
            dtype=self.dtype_policy,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "blocks_per_level": self.blocks_per_level,
            "upsampling": self.upsampling,
        }
