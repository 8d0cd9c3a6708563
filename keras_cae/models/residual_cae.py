"""The autoencoder with residual blocks."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.residual import Residual
from keras_cae.validation import choice, positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class ResidualCAE(PyramidCAE):
    """Autoencoder with residual blocks, which reconstructs most faithfully from a code of a given size.

    A convolution of stride 2 precedes the first level of residual blocks; the first block of each later level halves
    the resolution. The blocks of the decoder double it, and a final convolution restores full resolution. Blocks use
    group normalization; neither the image nor the reconstruction is normalized (He et al. 2016, "Identity Mappings in
    Deep Residual Networks"; Wu & He 2018, "Group Normalization"; Odena et al. 2016, "Deconvolution and Checkerboard
    Artifacts").

    Every level halves the resolution unless `strides` says otherwise. Along each axis, codes are therefore `2 **
    len(filters)` times smaller than the images; see `downsampling`.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and the model takes
            images of any size. A `bottleneck` that has a `latent_dim` determines it.
        blocks_per_level: number of residual blocks of the encoder at each level.
        upsampling: how the decoder doubles the size: "nearest" for nearest-neighbour upsampling and a convolution,
            "transposed" for transposed convolutions of stride 2.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest. The finest level
            has half the resolution of the images.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factor by which each level reduces the images: an integer; or one for each level, which may be a tuple
            with one for each axis.
        activation: activation of the hidden layers: the name of a Keras activation, a callable or a layer. Every place
            gets its own copy of a layer.
        output_activation: activation of the last layer, in one of these forms. It determines the range of the images:
            "sigmoid" for [0, 1].
        bottleneck: layer between the encoder and the decoder; by default, codes pass unchanged.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        normalizer: `keras.layers.Normalization` for data of any unit, which the first `fit` adapts. See `CAE`. With it,
            the output activation "sigmoid" is replaced by "linear".
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3` `(n, depth,
    height, width, channels)`. Each side must have at least as many pixels as `downsampling` says.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or the images are too small.

    Example:

    >>> model = keras_cae.models.ResidualCAE(latent_dim=8, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((16, 9, 12, 3), dtype="float32")
    >>> history = model.fit(images, verbose=0)
    >>> model.encode(images).shape
    (16, 8)
    """

    rules: ClassVar = {
        **PyramidCAE.rules,
        "blocks_per_level": positive_int,
        "upsampling": choice("nearest", "transposed"),
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        blocks_per_level: int = 1,
        upsampling: str = "nearest",
        rank: int = 2,
        filters: Sequence[int] = (32, 64),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "silu",
        output_activation: Any = "sigmoid",
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            hyperparameters={
                "blocks_per_level": blocks_per_level,
                "upsampling": upsampling,
            },
            rank=rank,
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
            output_activation=output_activation,
            bottleneck=bottleneck,
            corruption=corruption,
            normalizer=normalizer,
            **kwargs,
        )

    def pyramid(self, **shared: Any) -> Pyramid:
        return Residual(blocks_per_level=self.blocks_per_level, upsampling=self.upsampling, **shared)
