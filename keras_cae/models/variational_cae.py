"""The variational autoencoder."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import without
from keras_cae.layers.gaussian_bottleneck import GaussianBottleneck
from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.strided import Strided
from keras_cae.validation import non_negative_float, positive_int
from keras_cae.validation import seed as seed_rule


@keras.saving.register_keras_serializable(package="keras_cae")
class VariationalCAE(PyramidCAE):
    """Variational autoencoder, whose codes follow the standard normal distribution, so that it generates images.

    It combines the networks of `BasicCAE` with a `GaussianBottleneck` (Kingma & Welling 2014, "Auto-Encoding
    Variational Bayes"). The penalty is the divergence of each image's code from the standard normal, in nats per image,
    divided by the number of values of an image: with `loss="binary_crossentropy"`, which is a mean over these values,
    `beta=1` gives exactly the negative evidence lower bound per value, at every image size. The mean squared error
    corresponds to normal noise of variance 1/2; use `beta=2 * v` for a smaller variance `v`.

    `encode` returns the means of the codes, which `predict` and `evaluate` decode without noise. Logs: `kl_loss` (nats
    per image), `reconstruction_loss` and `active_units` (see `GaussianBottleneck`).

    The first level keeps the resolution, and each later one halves it unless `strides` says otherwise. Along each axis,
    the feature maps from which codes are computed are therefore `2 ** (len(filters) - 1)` times smaller than the
    images; see `downsampling`.

    Args:
        latent_dim: size of the code.
        beta: weight of the divergence (Higgins et al. 2017, "beta-VAE"). It may be changed during training, as
            `callbacks.WeightScheduler` does.
        free_bits: nats that each latent dimension may use without penalty (Kingma et al. 2016).
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
        seed: seed of the codes' noise in training.
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3` `(n, depth,
    height, width, channels)`. Each side must have at least as many pixels as `downsampling` says.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or the images are too small.

    Example:

    >>> model = keras_cae.models.VariationalCAE(latent_dim=4, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype=np.float32)
    >>> sorted(model.fit(images, verbose=0).history)
    ['active_units', 'kl_loss', 'loss', 'reconstruction_loss']
    >>> model.sample(3, seed=0).shape
    (3, 14, 14, 1)
    """

    rules: ClassVar = {
        **without(PyramidCAE.rules, "bottleneck"),
        "latent_dim": positive_int,
        "beta": non_negative_float,
        "free_bits": non_negative_float,
        "seed": seed_rule,
    }

    def __init__(
        self,
        latent_dim: int,
        *,
        beta: float = 1.0,
        free_bits: float = 0.0,
        rank: int = 2,
        filters: Sequence[int] = (16, 32, 64),
        kernel_size: int | Sequence[int] = 3,
        strides: Strides = 2,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            hyperparameters={
                "beta": beta,
                "free_bits": free_bits,
                "seed": seed,
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
        return GaussianBottleneck(
            self.latent_dim,
            beta=self.beta,
            free_bits=self.free_bits,
            seed=self.seed,
            dtype=self.dtype_policy,
            name="bottleneck",
        )
