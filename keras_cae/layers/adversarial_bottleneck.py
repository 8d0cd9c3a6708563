"""The bottleneck of adversarial autoencoders, with the discriminator that judges the codes."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_cae.layers.adjustable_weight import AdjustableWeight
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.replicas import in_step, oppose
from keras_cae.validation import positive_int, positive_ints

EVALUATION_SEED = 0
"""Of the codes of the prior in evaluation, which are the same in every batch."""


@keras.saving.register_keras_serializable(package="keras_cae")
class AdversarialBottleneck(Bottleneck):
    """Passes codes on, with a penalty for those that a discriminator tells from codes of the prior.

    The discriminator `D` gives the logit of "drawn from the standard normal distribution" (Makhzani et al.
    2016, "Adversarial Autoencoders"). The penalty is `adversarial_weight` times the `generator_loss`, for
    codes `z`

        mean of −log σ(D(z)),

    the non-saturating loss of Goodfellow et al. 2014. What the discriminator itself has to minimize, the
    `discriminator_loss`, is the binary cross-entropy of telling apart the codes and as many `p` of the prior,

        mean of (−log σ(D(p)) − log(1 − σ(D(z)))) / 2.

    It is no part of the loss, but handed to the step that is being taken: see `AdversarialCAE`.

    Args:
        latent_dim: size of the code.
        adversarial_weight: weight of the penalty. Setting the attribute takes effect in the next step.
        units: of the discriminator's hidden layers.
        seed: of the codes of the prior in training.
        **kwargs: of `keras.layers.Layer`.

    Input shape: `(n, latent_dim)`.

    Output shape: that of the input.
    """

    adversarial_weight = AdjustableWeight()

    def __init__(
        self,
        latent_dim: int,
        adversarial_weight: float = 1.0,
        units: Sequence[int] = (128, 128),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.latent_dim = positive_int(latent_dim, "latent_dim")
        self.adversarial_weight = adversarial_weight
        self.units = positive_ints(units, "units")
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.discriminator = self._make_discriminator()
        self.generator_loss = keras.metrics.Mean(name="generator_loss")
        self.discriminator_loss = keras.metrics.Mean(name="discriminator_loss")

    def _make_discriminator(self) -> keras.Model:
        layers = [keras.Input((self.latent_dim,), name="codes")]
        for index, units in enumerate(self.units):
            layers.append(keras.layers.Dense(units, dtype=self.dtype_policy, name=f"hidden_{index}"))
            layers.append(keras.layers.LeakyReLU(0.2, dtype=self.dtype_policy, name=f"activation_{index}"))
        layers.append(keras.layers.Dense(1, dtype="float32", name="logit"))
        return keras.Sequential(layers, name="discriminator")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        generator_loss = _cross_entropy(self.discriminator(inputs), 1.0)
        weight = AdversarialBottleneck.adversarial_weight.variable(self)
        self.add_loss(weight * ops.mean(generator_loss))
        self.report(self.generator_loss, generator_loss)
        if in_step():
            # The codes as they are: their encoder has no part in what the discriminator minimizes.
            told_codes = _cross_entropy(self.discriminator(ops.stop_gradient(inputs)), 0.0)
            told_prior = _cross_entropy(self.discriminator(self._prior(inputs, training)), 1.0)
            discriminator_loss = (told_codes + told_prior) / 2.0
            oppose(ops.mean(discriminator_loss))
            self.report(self.discriminator_loss, discriminator_loss)
        return inputs

    def _prior(self, inputs: Any, training: bool | None) -> Any:
        seed = self.seed_generator if training else EVALUATION_SEED
        return ops.cast(keras.random.normal(ops.shape(inputs), dtype="float32", seed=seed), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "adversarial_weight": self.adversarial_weight,
            "units": self.units,
            "seed": self.seed,
        }


def _cross_entropy(logits: Any, label: float) -> Any:
    """The binary cross-entropy of each logit with the label, in float32, of shape `(n,)`."""
    logits = ops.cast(logits[:, 0], "float32")
    return ops.softplus(-logits if label else logits)
