"""The bottleneck of variational autoencoders."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.gaussian_prior import GaussianPrior, divergence_from_prior
from keras_cae.layers.penalty import Penalty
from keras_cae.layers.penalty_weight import PenaltyWeight
from keras_cae.metrics.active_units import ActiveUnits
from keras_cae.training.replicas import mean_over_batch
from keras_cae.validation import non_negative_float, optional, positive_int, seed

LOG_VARIANCES = (-14.0, 14.0)
"""The bounds of the logarithm of variances, outside of which variances would underflow or overflow."""


@keras.saving.register_keras_serializable(package="keras_cae")
class GaussianBottleneck(GaussianPrior):
    """Samples codes from a normal distribution for each image, which a penalty keeps close to the standard normal.

    Two dense layers compute the mean `μ` and the logarithm of the variance `σ²` of each latent dimension. In training,
    the code is `μ + σ ε` with normal noise `ε`; otherwise it is `μ` (Kingma & Welling 2014, "Auto-Encoding Variational
    Bayes"). The penalty is

        beta / values_per_image · Σ_j max(free_bits, mean over the batch of KL_j),
        KL_j = (μ_j² + σ_j² − 1 − log σ_j²) / 2,

    added in training and evaluation (`beta`: Higgins et al. 2017, "beta-VAE"; `free_bits`: Kingma et al. 2016,
    "Improving Variational Inference with Inverse Autoregressive Flow"). Logs: `kl_loss`, the mean over images of `Σ_j
    KL_j` in nats, without beta and free bits; and `active_units`, the number of dimensions that depend on the image.

    Args:
        latent_dim: size of the code. By default that of the model.
        beta: weight of the penalty. Setting the attribute takes effect in the next step.
        free_bits: nats that each dimension may use without penalty.
        values_per_image: number by which the penalty is divided: the number of values of one image, if the loss is a
            mean over them. With `beta=1` and the binary cross-entropy, the total loss is then the negative evidence
            lower bound per value. By default the number of values of the model's images, or 1 if the layer is not the
            bottleneck of a `keras_cae` model.
        seed: seed of the noise.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, ...)`, flattened.

    Output shape: `(n, latent_dim)`.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> bottleneck = keras_cae.layers.GaussianBottleneck(latent_dim=2)
    >>> bottleneck(np.zeros((5, 7, 7, 8))).shape
    TensorShape([5, 2])
    """

    projects = True
    has_posterior = True
    weights_of_penalties = ("beta",)
    values_per_image: int | None
    beta: Any = PenaltyWeight("kl")
    rules: ClassVar = {
        "latent_dim": optional(positive_int),
        "beta": non_negative_float,
        "free_bits": non_negative_float,
        "values_per_image": optional(positive_int),
        "seed": seed,
    }

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        beta: float = 1.0,
        free_bits: float = 0.0,
        values_per_image: int | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kl = Penalty(name="kl_loss")
        self.keep(
            latent_dim=latent_dim,
            beta=beta,
            free_bits=free_bits,
            values_per_image=values_per_image,
            seed=seed,
        )
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def prepare(self, latent_dim: int | None, values_per_image: int | None) -> None:
        if not self.built:
            self.latent_dim = self.latent_dim or latent_dim
            self.values_per_image = self.values_per_image or values_per_image

    def build(self, input_shape: Any) -> None:
        self.flatten = keras.layers.Flatten(dtype=self.dtype_policy, name="flatten")
        flat_shape = self.flatten.compute_output_shape(input_shape)
        if self.latent_dim is None:
            self.latent_dim = positive_int(flat_shape[-1], "latent_dim")
        self.mean = keras.layers.Dense(self.latent_dim, dtype=self.dtype_policy, name="mean")
        self.log_variance = keras.layers.Dense(self.latent_dim, dtype=self.dtype_policy, name="log_variance")
        self.active_units = ActiveUnits(self.latent_dim)
        self.flatten.build(input_shape)
        self.mean.build(flat_shape)
        self.log_variance.build(flat_shape)

    def posterior(self, features: Any) -> tuple[Any, Any]:
        """Return the mean and log-variance of each image's code, in float32 and of shape `(n, latent_dim)`."""
        features = self.flatten(features)
        mean = ops.cast(self.mean(features), "float32")
        return mean, ops.clip(ops.cast(self.log_variance(features), "float32"), *LOG_VARIANCES)

    def encode(self, features: Any) -> Any:
        return ops.cast(self.mean(self.flatten(features)), self.compute_dtype)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        mean, log_variance = self.posterior(inputs)
        divergence = divergence_from_prior(mean, log_variance)
        penalized = ops.sum(self._penalized(divergence)) / (self.values_per_image or 1)
        self.kl(penalized, reported=ops.sum(divergence, axis=-1), training=training)
        self.report(self.active_units, mean, training)
        codes = mean
        if training:
            noise = keras.random.normal(ops.shape(mean), dtype="float32", seed=self.seed_generator)
            codes = mean + ops.exp(log_variance / 2.0) * noise
        return ops.cast(codes, self.compute_dtype)

    def _penalized(self, divergence: Any) -> Any:
        """Return the penalized divergence of each dimension, of shape `(latent_dim,)`."""
        if not self.free_bits:
            return ops.mean(divergence, axis=0)
        return ops.maximum(mean_over_batch(divergence), self.free_bits)

    def compute_output_shape(self, input_shape: Any) -> Any:
        size = self.latent_dim or self.compute_flat_size(input_shape)
        return (input_shape[0], size)

    def compute_flat_size(self, input_shape: Any) -> Any:
        """Return the number of values per image in the encoder's output."""
        return keras.layers.Flatten().compute_output_shape(input_shape)[-1]
