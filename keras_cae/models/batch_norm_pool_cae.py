"""Batch normalization, pooling and upsampling."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.models.pyramid_cae import PyramidCAE
from keras_cae.validation import fraction


@keras.saving.register_keras_serializable(package="keras_cae")
class BatchNormPoolCAE(PyramidCAE):
    """Autoencoder of convolutions with batch normalization, max pooling and nearest upsampling.

    Each level of the encoder is convolution, batch normalization, activation, 2×2 max pooling; each level
    of the decoder transposed convolution (to half the filters of the encoder's level), batch normalization,
    activation, 2× upsampling. Batch normalization: Ioffe & Szegedy 2015. Upsampling instead of strides
    avoids the checkerboards of transposed convolutions: Odena et al. 2016.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and one
            set of weights serves images of any size.
        filters: channels of each level's convolution, from full resolution down.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, every level has its own.
        output_activation: the same, for the last layer. It decides which values the images may have:
            "sigmoid" for [0, 1].
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        bottleneck: layer between the encoder and the decoder; by default the codes pass as they are.
        momentum: how much of the moving averages, with which batch normalization evaluates, stays at each
            training step. With less, such as 0.9, evaluation follows the weights sooner: for trainings of a
            few hundred steps.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`; each side at least `2 ** len(filters)` pixels.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above, or the images are too small.

    Example:

    >>> model = keras_cae.models.BatchNormPoolCAE(latent_dim=8, filters=(8, 16))
    >>> model.build((None, 29, 31, 3))
    >>> model.encoder.levels[-1].compute_output_shape((None, 15, 16, 8))
    (None, 8, 8, 16)
    """

    def __init__(
        self,
        latent_dim: int | None,
        filters: Sequence[int] = (32, 64),
        kernel_size: int = 3,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        bottleneck: keras.layers.Layer | None = None,
        momentum: float = 0.99,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim, filters, kernel_size, activation, output_activation, corruption, bottleneck, **kwargs
        )
        self.momentum = fraction(momentum, "momentum")

    def encoder_levels(self) -> list[keras.layers.Layer]:
        return [
            ConvBlock(filters, pool_size=2, **self.block_arguments(index)) for index, filters in enumerate(self.filters)
        ]

    def decoder_levels(self) -> list[keras.layers.Layer]:
        return [
            TransposedConvBlock(
                max(1, filters // 2),
                upsampling=2,
                **self.block_arguments(index),
            )
            for index, filters in enumerate(reversed(self.filters))
        ]

    def block_arguments(self, index: int) -> dict[str, Any]:
        return {**super().block_arguments(index), "normalization": "batch", "momentum": self.momentum}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum}
