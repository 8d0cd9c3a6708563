"""The Wasserstein autoencoder."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import without
from keras_cae.layers.mmd_bottleneck import MMDBottleneck
from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.strided import Strided
from keras_cae.validation import choice, non_negative_float, positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class WassersteinCAE(PyramidCAE):
    """Wasserstein autoencoder, whose codes together follow the standard normal distribution.

    It combines the networks of `BasicCAE` with an `MMDBottleneck` (Tolstikhin et al. 2018, "Wasserstein Auto-Encoders";
    Zhao et al. 2019, "InfoVAE"). The model generates images as a `VariationalCAE` does, but its codes have no noise and
    its reconstructions are sharper: only the distribution of the codes over a batch is penalized, by `mmd_weight` times
    its squared maximum mean discrepancy. This lies between about 0 and 2 at every size of images and codes, so it suits
    a loss that is a mean over the values of an image; for a loss that is their sum, multiply `mmd_weight` by their
    number. Larger batches give better estimates: use 100 images or more.

    Logs: `mmd_loss` (see `MMDBottleneck`), `reconstruction_loss`.

    The first level keeps the resolution, and each later one halves it unless `strides` says otherwise. Along each axis,
    the feature maps from which codes are computed are therefore `2 ** (len(filters) - 1)` times smaller than the
    images; see `downsampling`.

    Args:
        latent_dim: size of the code.
        mmd_weight: weight of the discrepancy. It may be changed during training, as `callbacks.WeightScheduler` does.
        kernel: "imq", the inverse multiquadratic, or "rbf", the Gaussian kernel.
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

    >>> model = keras_cae.models.WassersteinCAE(latent_dim=4, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype=np.float32)
    >>> sorted(model.fit(images, verbose=0).history)
    ['loss', 'mmd_loss', 'reconstruction_loss']
    >>> model.sample(3, seed=0).shape
    (3, 14, 14, 1)
    """

    rules: ClassVar = {
        **without(PyramidCAE.rules, "bottleneck"),
        "latent_dim": positive_int,
        "mmd_weight": non_negative_float,
        "kernel": choice("imq", "rbf"),
    }

    def __init__(
        self,
        latent_dim: int,
        *,
        mmd_weight: float = 1.0,
        kernel: str = "imq",
        rank: int = 2,
        filters: Sequence[int] = (16, 32, 64),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            hyperparameters={
                "mmd_weight": mmd_weight,
                "kernel": kernel,
            },
            rank=rank,
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
            output_activation=output_activation,
            bottleneck=kwargs.pop("bottleneck", None),
            corruption=corruption,
            normalizer=normalizer,
            **kwargs,
        )

    def pyramid(self, **shared: Any) -> Pyramid:
        return Strided(**shared)

    def make_bottleneck(self) -> keras.layers.Layer:
        return MMDBottleneck(self.mmd_weight, kernel=self.kernel, dtype=self.dtype_policy, name="bottleneck")
