"""The adversarial autoencoder."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import without
from keras_cae.layers.adversarial_bottleneck import AdversarialBottleneck
from keras_cae.models.pyramid_cae import PyramidCAE, Strides
from keras_cae.networks.pyramid import Pyramid
from keras_cae.networks.strided import Strided
from keras_cae.validation import non_negative_float, positive_int, positive_ints
from keras_cae.validation import seed as seed_rule


@keras.saving.register_keras_serializable(package="keras_cae")
class AdversarialCAE(PyramidCAE):
    """Adversarial autoencoder, whose codes follow the standard normal distribution.

    It combines the networks of `BasicCAE` with a `discriminator`, which learns to distinguish codes from samples of the
    prior while the encoder learns to deceive it (Makhzani et al. 2016, "Adversarial Autoencoders"). In every step,

    1. `optimizer` updates the encoder and the decoder with the gradient of the reconstruction loss plus
       `adversarial_weight` times the `generator_loss`, the non-saturating loss of the codes;
    2. `discriminator_optimizer` updates the discriminator with the gradient of the `discriminator_loss`.

    The reconstruction and regularization phases of the paper share one gradient: with separate gradients, an optimizer
    such as Adam, which divides gradients by their size, would cancel the weight. Callbacks such as learning rate
    schedules act on `optimizer`. Use `layers.AdversarialBottleneck` to combine the same bottleneck with other networks.

    The model generates images as a `VariationalCAE` does, but its codes have no noise. Logs: `reconstruction_loss`,
    `generator_loss` and `discriminator_loss`. The latter two are about log 2 = 0.69 if the discriminator can't
    distinguish codes from samples. Evaluation compares every batch with the same samples of the prior.

    The first level keeps the resolution, and each later one halves it unless `strides` says otherwise. Along each axis,
    the feature maps from which codes are computed are therefore `2 ** (len(filters) - 1)` times smaller than the
    images; see `downsampling`.

    Args:
        latent_dim: size of the code.
        adversarial_weight: weight of the generator's loss, for a reconstruction loss that is a mean over the values of
            an image. It may be changed during training, as `callbacks.WeightScheduler` does.
        discriminator_units: numbers of units of the discriminator's hidden layers.
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
        seed: seed of the samples of the prior in training.
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3` `(n, depth,
    height, width, channels)`. Each side must have at least as many pixels as `downsampling` says.

    Output shape: that of the input.

    Attributes:
        discriminator: network that distinguishes codes from samples of the prior, once the model is built.

    Raises:
        ValueError: an argument is invalid, or the images are too small.

    Example:

    >>> model = keras_cae.models.AdversarialCAE(latent_dim=4, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse", discriminator_optimizer=keras.optimizers.Adam(1e-4))
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype=np.float32)
    >>> sorted(model.fit(images, verbose=0).history)
    ['discriminator_loss', 'generator_loss', 'loss', 'reconstruction_loss']
    >>> model.sample(3, seed=0).shape
    (3, 14, 14, 1)
    """

    rules: ClassVar = {
        **without(PyramidCAE.rules, "bottleneck"),
        "latent_dim": positive_int,
        "adversarial_weight": non_negative_float,
        "discriminator_units": positive_ints,
        "seed": seed_rule,
    }

    def __init__(
        self,
        latent_dim: int,
        *,
        adversarial_weight: float = 0.005,
        discriminator_units: Sequence[int] = (128, 128),
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
                "adversarial_weight": adversarial_weight,
                "discriminator_units": discriminator_units,
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
        return AdversarialBottleneck(
            self.latent_dim,
            adversarial_weight=self.adversarial_weight,
            units=self.discriminator_units,
            seed=self.seed,
            dtype=self.dtype_policy,
            name="bottleneck",
        )

    @property
    def discriminator(self) -> keras.Model:
        """The network from codes to the logit that they are samples of the prior."""
        return self.bottleneck.discriminator
