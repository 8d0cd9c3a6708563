"""The autoencoder with batch normalization, pooling and upsampling."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pooled import Pooled
from keras_cae.networks.pyramid import Pyramid
from keras_cae.validation import fraction


@keras.saving.register_keras_serializable(package="keras_cae")
class BatchNormPoolCAE(PyramidCAE):
    """Autoencoder with batch normalization, max pooling and nearest-neighbour upsampling.

    Each level of the encoder consists of a convolution, batch normalization (Ioffe & Szegedy 2015), an activation and
    max pooling by 2. Each level of the decoder consists of a transposed convolution, with half the filters of the
    encoder's level, batch normalization, an activation and upsampling by 2. Upsampling instead of strides avoids the
    checkerboard artifacts of transposed convolutions (Odena et al. 2016).

    Every level halves the resolution unless `strides` says otherwise. Along each axis, codes are therefore `2 **
    len(filters)` times smaller than the images; see `downsampling`.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and the model takes
            images of any size. A `bottleneck` that has a `latent_dim` determines it.
        momentum: momentum of the moving averages of batch normalization. With a smaller momentum, such as 0.9, they
            adapt faster, which suits training for only a few hundred steps.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest.
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

    >>> model = keras_cae.models.BatchNormPoolCAE(latent_dim=8, filters=(8, 16))
    >>> model.build((None, 29, 31, 3))
    >>> model.encoder.get_layer("level_1").output.shape
    (None, 8, 8, 16)
    """

    rules: ClassVar = {
        **PyramidCAE.rules,
        "momentum": fraction,
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        momentum: float = 0.99,
        rank: int = 2,
        filters: Sequence[int] = (32, 64),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            hyperparameters={
                "momentum": momentum,
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
        return Pooled(momentum=self.momentum, **shared)
