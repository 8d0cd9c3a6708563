"""The adversarial autoencoder."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.layers.adversarial_bottleneck import AdversarialBottleneck
from keras_cae.models.basic_cae import BasicCAE
from keras_cae.models.bottleneck_weight import BottleneckWeight
from keras_cae.models.gaussian_prior import GaussianPrior
from keras_cae.models.training_steps import Batch, Objective
from keras_cae.replicas import opposing_loss, replica_count
from keras_cae.validation import positive_int, positive_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class AdversarialCAE(BasicCAE, GaussianPrior):
    """Adversarial autoencoder: its codes can't be told from draws of the standard normal distribution.

    The networks of `BasicCAE`, and a `discriminator` that learns to tell codes from draws of the prior, while
    the encoder learns to deceive it (Makhzani et al. 2016, "Adversarial Autoencoders"). In every step

    1. `optimizer` changes encoder and decoder by the gradient of the reconstruction's loss plus
       `adversarial_weight` times the `generator_loss`, the non-saturating loss of the codes;
    2. `discriminator_optimizer` changes the discriminator by that of the `discriminator_loss`.

    The paper's phases of reconstruction and deception share a gradient, for else an optimizer such as Adam,
    which divides gradients by their size, would undo the weight. Losses and callbacks treat `optimizer` as
    that of any model; `trainable_variables` are those that it changes, without the discriminator's.

    Images can be drawn as from a `VariationalCAE`, but codes have no noise. Logs: `reconstruction_loss`,
    `generator_loss`, `discriminator_loss`; the latter two are about log 2 = 0.69 where the discriminator can
    tell nothing. Evaluation compares every batch with the same draws of the prior.

    Args:
        latent_dim: size of the code.
        adversarial_weight: weight of the generator's loss, with a loss that is a mean over an image's
            values. May be set while training goes on, as `callbacks.WeightScheduler` does.
        discriminator_units: of the discriminator's hidden layers.
        filters: channels of each level's convolution, from full resolution down.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, every level has its own.
        output_activation: the same, for the last layer.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        seed: of the codes of the prior in training.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`; each side at least `2 ** (len(filters) - 1)` pixels.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above, or the images are too small.

    Example:

    >>> model = keras_cae.models.AdversarialCAE(latent_dim=4, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="mse", discriminator_optimizer=keras.optimizers.Adam(1e-4))
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype=np.float32)
    >>> sorted(model.fit(images, verbose=0).history)
    ['discriminator_loss', 'generator_loss', 'loss', 'reconstruction_loss']
    >>> model.sample(3, seed=0).shape
    (3, 14, 14, 1)
    """

    latent_dim: int
    adversarial_weight = BottleneckWeight()
    discriminator_optimizer: Any = None

    def __init__(
        self,
        latent_dim: int,
        adversarial_weight: float = 0.005,
        discriminator_units: Sequence[int] = (128, 128),
        filters: Sequence[int] = (16, 32, 64),
        kernel_size: int = 3,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            positive_int(latent_dim, "latent_dim"),
            filters,
            kernel_size,
            activation,
            output_activation,
            corruption,
            **kwargs,
        )
        self.adversarial_weight = adversarial_weight
        self.discriminator_units = positive_ints(discriminator_units, "discriminator_units")
        self.seed = seed

    def make_bottleneck(self, shape: Any) -> keras.layers.Layer:
        return AdversarialBottleneck(
            self.latent_dim,
            self.adversarial_weight,
            self.discriminator_units,
            self.seed,
            dtype=self.dtype_policy,
            name="bottleneck",
        )

    def build_for(self, shape: Any) -> None:
        super().build_for(shape)
        self._build_discriminator_optimizer()

    @property
    def discriminator(self) -> keras.Model:
        """From codes to the logit of their being draws of the prior."""
        return self.bottleneck.discriminator

    @property
    def trainable_variables(self) -> list[Any]:
        """What `optimizer` changes: the trainable variables without the discriminator's."""
        return self._without_discriminator(super().trainable_variables)

    @property
    def trainable_weights(self) -> list[Any]:
        """What `optimizer` changes: the trainable weights without the discriminator's."""
        return self._without_discriminator(super().trainable_weights)

    def _without_discriminator(self, variables: list[Any]) -> list[Any]:
        if "bottleneck" not in vars(self):
            return variables
        others = {id(variable) for variable in self.discriminator.variables}
        return [variable for variable in variables if id(variable) not in others]

    # Training

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        *,
        discriminator_optimizer: Any = None,
        auto_scale_loss: bool = True,
        **kwargs: Any,
    ) -> None:
        """Configure training as `keras.Model.compile` does, with a second optimizer.

        Args:
            optimizer: of encoder and decoder; callbacks such as learning rate schedules act on this one.
            loss: of the reconstructions.
            discriminator_optimizer: of the discriminator; by default `keras.optimizers.Adam(3e-4,
                beta_1=0.5)`.
            auto_scale_loss: of `keras.Model.compile`, for both optimizers.
            **kwargs: of `keras.Model.compile`.

        Raises:
            ValueError: both optimizers are the same object.
        """
        if isinstance(optimizer, keras.optimizers.Optimizer) and discriminator_optimizer is optimizer:
            raise ValueError(
                "discriminator_optimizer must be another object than optimizer, which keeps a state of "
                f"the variables that it changes; got {optimizer!r} for both."
            )
        super().compile(optimizer, loss, auto_scale_loss=auto_scale_loss, **kwargs)
        second = keras.optimizers.get(discriminator_optimizer or keras.optimizers.Adam(3e-4, beta_1=0.5))
        scaled = isinstance(second, keras.optimizers.LossScaleOptimizer)
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16" and not scaled:
            second = keras.optimizers.LossScaleOptimizer(second, name="loss_scale_optimizer")
        self.discriminator_optimizer = second
        self._build_discriminator_optimizer()

    def _build_discriminator_optimizer(self) -> None:
        """Make the optimizer's state as soon as it can be made, for files that are loaded later."""
        optimizer = self.discriminator_optimizer
        if optimizer is not None and not optimizer.built and "bottleneck" in vars(self):
            optimizer.build(self.discriminator.trainable_variables)

    def optimizers(self) -> list[Any]:
        return [*super().optimizers(), self.discriminator_optimizer]

    def objectives(self, batch: Batch, y_pred: Any) -> list[Objective]:
        loss = self.guarded(opposing_loss() / replica_count(), batch, y_pred)
        variables = self.discriminator.trainable_variables
        return [*super().objectives(batch, y_pred), Objective(loss, self.discriminator_optimizer, variables)]

    # Serialization

    def get_compile_config(self) -> dict[str, Any]:
        config = super().get_compile_config()
        if config:
            config["discriminator_optimizer"] = keras.saving.serialize_keras_object(self.discriminator_optimizer)
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "adversarial_weight": self.adversarial_weight,
            "discriminator_units": self.discriminator_units,
            "seed": self.seed,
        }
