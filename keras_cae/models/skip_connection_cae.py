"""The autoencoder with skip connections between the encoder and the decoder."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.strided_with_skips import StridedWithSkips
from keras_cae.validation import choice, positive_ints


def at_least_three_levels(filters: Any, name: str) -> tuple[int, ...]:
    """Validate filters of a network whose skip connections join below full resolution and above the code."""
    filters = positive_ints(filters, name)
    if len(filters) < 3:
        raise ValueError(
            f"{name} must have at least three levels, because skip connections join below full resolution and above "
            f"the code, got {filters}."
        )
    return filters


@keras.saving.register_keras_serializable(package="keras_cae")
class SkipConnectionCAE(PyramidCAE):
    """Autoencoder whose decoder also sees the encoder's feature maps.

    The convolutions and transposed convolutions are those of `BasicCAE`. Except at full resolution, feature maps of the
    encoder are joined with those of the decoder of the same size, after the activation (Mao et al. 2016, "Image
    Restoration Using Very Deep Convolutional Encoder-Decoder Networks with Symmetric Skip Connections"; by
    concatenation Ronneberger et al. 2015, "U-Net").

    Reconstructions are sharper than from the code alone, but say less about the code, and the model may copy a defect
    of an image. For anomaly detection, train with a corruption or use a model without skip connections.

    The first level keeps the resolution, and each later one halves it unless `strides` says otherwise. Along each axis,
    codes are therefore `2 ** (len(filters) - 1)` times smaller than the images; see `downsampling`.

    Args:
        latent_dim: size of the code. None leaves out the dense layers: the code is a feature map, and the model takes
            images of any size. A `bottleneck` that has a `latent_dim` determines it.
        merge: how the features are joined: "add" or "concatenate".
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        filters: number of filters of each level's convolutions, from the finest level to the coarsest. There must be at
            least three levels.
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
        ValueError: an argument is invalid, the images are too small, or `decode` is given codes without features.

    Example:

    >>> model = keras_cae.models.SkipConnectionCAE(latent_dim=8, activation=keras.layers.PReLU())
    >>> images = np.random.default_rng(0).random((4, 29, 31, 3), dtype="float32")
    >>> codes, features = model.encode(images, return_features=True)
    >>> model.decode(codes, features).shape
    (4, 29, 31, 3)
    """

    rules: ClassVar = {
        **PyramidCAE.rules,
        "merge": choice("add", "concatenate"),
        "filters": at_least_three_levels,
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        merge: str = "add",
        rank: int = 2,
        filters: Sequence[int] = (16, 32, 64),
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
                "merge": merge,
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
        return StridedWithSkips(merge=self.merge, **shared)
