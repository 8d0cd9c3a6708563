"""The bottleneck of adversarial autoencoders, with its discriminator."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.gaussian_prior import GaussianPrior
from keras_cae.layers.penalty import Penalty
from keras_cae.layers.penalty_weight import PenaltyWeight
from keras_cae.metrics.measured_mean import MeasuredMean
from keras_cae.training.step_context import current_step
from keras_cae.validation import non_negative_float, optional, positive_int, positive_ints, seed

EVALUATION_SEED = 0
"""The seed of the samples of the prior in evaluation, which are equal in every batch."""


@keras.saving.register_keras_serializable(package="keras_cae")
class AdversarialBottleneck(GaussianPrior):
    """Passes codes on, and penalizes those that a discriminator distinguishes from samples of the prior.

    The discriminator `D` computes the logit that a code is a sample of the standard normal distribution (Makhzani et
    al. 2016, "Adversarial Autoencoders"). The penalty is `adversarial_weight` times the `generator_loss`, for codes `z`

        mean of −log σ(D(z)),

    the non-saturating loss of Goodfellow et al. 2014. The discriminator itself minimizes the `discriminator_loss`, the
    binary cross-entropy of distinguishing the codes from as many samples `p` of the prior,

        mean of (−log σ(D(p)) − log(1 − σ(D(z)))) / 2.

    In the steps of `keras_cae.models.CAE`, the `discriminator_optimizer` of `compile` minimizes it. In other models,
    and in training loops with a single optimizer, it is added to the loss. Each loss only affects its own side: the
    discriminator is a constant in the penalty, and the codes are constants in the loss of the discriminator.

    Args:
        latent_dim: size of the code. By default that of the encoder's output.
        adversarial_weight: weight of the penalty. Setting the attribute takes effect in the next step.
        units: sizes of the discriminator's hidden layers.
        seed: seed of the samples of the prior in training.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, latent_dim)`.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or codes have another size.

    Example:

    >>> model = keras_cae.models.ResidualCAE(
    ...     latent_dim=8, filters=(8, 16), bottleneck=keras_cae.layers.AdversarialBottleneck()
    ... )
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((16, 8, 8, 1), dtype="float32")
    >>> sorted(model.fit(images, verbose=0).history)
    ['discriminator_loss', 'generator_loss', 'loss', 'reconstruction_loss']
    """

    passes_codes = True
    has_discriminator = True
    weights_of_penalties = ("adversarial_weight",)
    adversarial_weight: Any = PenaltyWeight("generator")
    rules: ClassVar = {
        "latent_dim": optional(positive_int),
        "adversarial_weight": non_negative_float,
        "units": positive_ints,
        "seed": seed,
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        adversarial_weight: float = 1.0,
        units: Sequence[int] = (128, 128),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator = Penalty(name="generator_loss")
        self.discriminator_loss = MeasuredMean(name="discriminator_loss")
        self.keep(latent_dim=latent_dim, adversarial_weight=adversarial_weight, units=units, seed=seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def prepare(self, latent_dim: int | None, values_per_image: int | None) -> None:
        if not self.built:
            self.latent_dim = self.latent_dim or latent_dim

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 2 or self.latent_dim not in (None, input_shape[-1]):
            expected = "latent_dim" if self.latent_dim is None else self.latent_dim
            raise ValueError(
                f"AdversarialBottleneck expects codes of shape (n, {expected}), got {tuple(input_shape)}. Give the "
                "model a latent_dim, or end its encoder with a dense layer."
            )
        self.latent_dim = input_shape[-1]
        self.discriminator = self._make_discriminator()

    def _make_discriminator(self) -> keras.Model:
        layers = [keras.Input((self.latent_dim,), name="codes")]
        for index, units in enumerate(self.units):
            layers.append(keras.layers.Dense(units, dtype=self.dtype_policy, name=f"hidden_{index}"))
            layers.append(keras.layers.LeakyReLU(0.2, dtype=self.dtype_policy, name=f"activation_{index}"))
        layers.append(keras.layers.Dense(1, dtype="float32", name="logit"))
        return keras.Sequential(layers, name="discriminator")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        self.generator(_cross_entropy(self._frozen_logits(inputs), 1.0), training=training)
        step = current_step()
        if step is not None or training:
            loss = self._discriminator_loss(inputs, training)
            self.report(self.discriminator_loss, loss, training)
            if step is None:
                self.add_loss(ops.cast(ops.mean(loss), keras.config.floatx()))
            else:
                step.add_discriminator_loss(ops.mean(loss))
        return inputs

    def _frozen_logits(self, codes: Any) -> Any:
        """Return the discriminator's logits for codes, with its weights as constants."""
        frozen = [ops.stop_gradient(variable) for variable in self.discriminator.trainable_variables]
        state = [variable.value for variable in self.discriminator.non_trainable_variables]
        return self.discriminator.stateless_call(frozen, state, codes)[0]

    def _discriminator_loss(self, codes: Any, training: bool | None) -> Any:
        """Return the cross-entropy of distinguishing codes from samples of the prior, of shape `(n,)`."""
        of_codes = _cross_entropy(self.discriminator(ops.stop_gradient(codes)), 0.0)
        of_prior = _cross_entropy(self.discriminator(self._prior(codes, training)), 1.0)
        return (of_codes + of_prior) / 2.0

    def _prior(self, inputs: Any, training: bool | None) -> Any:
        seed = self.seed_generator if training else EVALUATION_SEED
        return ops.cast(keras.random.normal(ops.shape(inputs), dtype="float32", seed=seed), inputs.dtype)


def _cross_entropy(logits: Any, label: float) -> Any:
    """Return the binary cross-entropy of each logit with the label, in float32, of shape `(n,)`."""
    logits = ops.cast(logits[:, 0], "float32")
    return ops.softplus(-logits if label else logits)
