"""The autoencoder with strided and transposed convolutions."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.strided import Strided


@keras.saving.register_keras_serializable(package="keras_cae")
class BasicCAE(PyramidCAE):
    """Autoencoder with strided convolutions and transposed convolutions.

    The first convolution has stride 1, each later one stride 2. A dense layer computes the code. In the decoder,
    another dense layer computes a feature map, which transposed convolutions of stride 2 enlarge to full resolution,
    with the filters in reverse order (Masci et al. 2011, "Stacked Convolutional Auto-Encoders for Hierarchical Feature
    Extraction"; strides in place of pooling as in Springenberg et al. 2015, "Striving for Simplicity").

    The first level keeps the resolution, and each later one halves it unless `strides` says otherwise. Along each axis,
    codes are therefore `2 ** (len(filters) - 1)` times smaller than the images; see `downsampling`.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and the model takes
            images of any size. A `bottleneck` that has a `latent_dim` determines it.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factor by which each level reduces the images: an integer; or one for each level, which may be a tuple
            with one for each axis. The first level keeps the size: an integer does not apply to it, and a sequence may
            omit it.
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

    >>> model = keras_cae.models.BasicCAE(latent_dim=8, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype="float32")
    >>> history = model.fit(images, verbose=0)
    >>> model.encode(images).shape
    (64, 8)
    """

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        rank: int = 2,
        filters: Sequence[int] = (16, 32),
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
        return Strided(**shared)
