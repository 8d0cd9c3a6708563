"""The denoising autoencoder."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import without
from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.u_shaped import UShaped
from keras_cae.validation import positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class DenoisingCAE(PyramidCAE):
    """Autoencoder that removes noise from images of any size, by predicting what to subtract from them.

    The network is fully convolutional. Each level of the encoder halves the resolution by a stride; the decoder doubles
    it by transposed convolutions and sees the feature maps of the encoder, concatenated at every resolution (Mao et al.
    2016, "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with Symmetric Skip Connections";
    Ronneberger et al. 2015, "U-Net"). The output of the decoder is the noise, which is subtracted from the input (Zhang
    et al. 2017, "Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for Image Denoising"). There is no
    normalization layer, so that the brightness and the strength of the noise are preserved.

    Train it with a corruption, such as `keras.layers.GaussianNoise(25 / 255)`, and `loss="mse"`, on patches of about
    64×64 pixels, or with `fit(noisy, clean)` on pairs of images. The trained model's `predict` takes noisy images of
    any size and adds no noise of its own. Noisy values outside [0, 1] are accepted, and the output is not clipped.
    Sizes that the levels can't halve are padded internally by reflection.

    The code, `encode(images)`, is the coarsest feature map. Decoding also needs the other feature maps and the images:
    `decode(*encode(images, return_features=True))` is `predict(images)`.

    The first level keeps the resolution, and each later one halves it unless `strides` says otherwise. Along each axis,
    codes are therefore `2 ** (len(filters) - 1)` times smaller than the images; see `downsampling`.

    Args:
        convs_per_level: number of convolutions of the encoder and of the decoder at each level.
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
    height, width, channels)`. Images may have any size.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or `decode` is given codes without features.

    Example:

    >>> noise = keras.layers.GaussianNoise(25 / 255)
    >>> model = keras_cae.models.DenoisingCAE(filters=(4, 8), corruption=noise)
    >>> model.compile(optimizer="adam", loss="mse")
    >>> patches = np.random.default_rng(0).random((16, 12, 12, 1), dtype="float32")
    >>> history = model.fit(patches, verbose=0)
    >>> model.predict(np.zeros((1, 29, 31, 1)), verbose=0).shape
    (1, 29, 31, 1)
    """

    rules: ClassVar = {
        **without(PyramidCAE.rules, "latent_dim"),
        "convs_per_level": positive_int,
    }

    def __init__(
        self,
        convs_per_level: int = 2,
        *,
        rank: int = 2,
        filters: Sequence[int] = (32, 64, 128),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "relu",
        output_activation: Any = "linear",
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            None,
            hyperparameters={
                "convs_per_level": convs_per_level,
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
        return UShaped(convs_per_level=self.convs_per_level, **shared)
