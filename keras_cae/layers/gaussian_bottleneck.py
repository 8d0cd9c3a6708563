"""The bottleneck of variational autoencoders."""

from typing import Any

import keras
from keras import ops

from keras_cae.layers.adjustable_weight import AdjustableWeight
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.metrics.active_units import ActiveUnits
from keras_cae.replicas import mean_over_batch
from keras_cae.validation import non_negative_float, positive_int

LOG_VARIANCES = (-14.0, 14.0)
"""Beyond these, variances would be lost in rounding, or overflow."""


@keras.saving.register_keras_serializable(package="keras_cae")
class GaussianBottleneck(Bottleneck):
    """Codes drawn from a normal distribution per image, which a penalty holds near the standard normal.

    Two dense layers make the mean `μ` and the logarithm of the variance `σ²` of each latent dimension; in
    training the code is `μ + σ ε` with normal noise `ε`, otherwise `μ` (Kingma & Welling 2014, "Auto-Encoding
    Variational Bayes"). The penalty is

        beta / values_per_image · Σ_j max(free_bits, mean over the batch of KL_j),
        KL_j = (μ_j² + σ_j² − 1 − log σ_j²) / 2,

    added in training and evaluation (`beta`: Higgins et al. 2017, "beta-VAE"; `free_bits`: Kingma et al.
    2016, "Improving Variational Inference with Inverse Autoregressive Flow"). Logs: `kl_loss`, the mean over
    images of `Σ_j KL_j` in nats, without beta and free bits; `active_units`, how many dimensions depend on
    the image.

    Args:
        latent_dim: size of the code.
        beta: weight of the penalty. Setting the attribute takes effect in the next step.
        free_bits: nats that each dimension may use without penalty.
        values_per_image: by which the penalty is divided: the number of values of one image, if the loss is a
            mean over them. With `beta=1` and the binary cross-entropy the sum is then the negative evidence
            lower bound per value.
        seed: of the noise.
        **kwargs: of `keras.layers.Layer`.

    Input shape: `(n, ...)`, flattened.

    Output shape: `(n, latent_dim)`.

    Raises:
        ValueError: an argument is not of the kind named above.

    Example:

    >>> bottleneck = keras_cae.layers.GaussianBottleneck(latent_dim=2)
    >>> bottleneck(np.zeros((5, 7, 7, 8))).shape
    TensorShape([5, 2])
    """

    beta = AdjustableWeight()

    def __init__(
        self,
        latent_dim: int,
        beta: float = 1.0,
        free_bits: float = 0.0,
        values_per_image: int = 1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.latent_dim = positive_int(latent_dim, "latent_dim")
        self.beta = beta
        self.free_bits = non_negative_float(free_bits, "free_bits")
        self.values_per_image = positive_int(values_per_image, "values_per_image")
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.flatten = keras.layers.Flatten(dtype=self.dtype_policy, name="flatten")
        self.mean = keras.layers.Dense(self.latent_dim, dtype=self.dtype_policy, name="mean")
        self.log_variance = keras.layers.Dense(self.latent_dim, dtype=self.dtype_policy, name="log_variance")
        self.kl_loss = keras.metrics.Mean(name="kl_loss")
        self.active_units = ActiveUnits(self.latent_dim)

    def build(self, input_shape: Any) -> None:
        self.flatten.build(input_shape)
        flat_shape = self.flatten.compute_output_shape(input_shape)
        self.mean.build(flat_shape)
        self.log_variance.build(flat_shape)

    def posterior(self, inputs: Any) -> tuple[Any, Any]:
        """Mean and logarithm of the variance of each image's code, in float32. Shapes: `(n, latent_dim)`."""
        features = self.flatten(inputs)
        mean = ops.cast(self.mean(features), "float32")
        return mean, ops.clip(ops.cast(self.log_variance(features), "float32"), *LOG_VARIANCES)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        mean, log_variance = self.posterior(inputs)
        divergence = (ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance) / 2.0
        weight = GaussianBottleneck.beta.variable(self) / self.values_per_image
        self.add_loss(weight * ops.sum(self._charged(divergence)))
        self.report(self.kl_loss, ops.sum(divergence, axis=-1))
        self.report(self.active_units, mean)
        codes = mean
        if training:
            noise = keras.random.normal(ops.shape(mean), dtype="float32", seed=self.seed_generator)
            codes = mean + ops.exp(log_variance / 2.0) * noise
        return ops.cast(codes, self.compute_dtype)

    def _charged(self, divergence: Any) -> Any:
        """The divergence of each dimension that is penalized, of shape `(latent_dim,)`."""
        if not self.free_bits:
            return ops.mean(divergence, axis=0)
        return ops.maximum(mean_over_batch(divergence), self.free_bits)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.latent_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "beta": self.beta,
            "free_bits": self.free_bits,
            "values_per_image": self.values_per_image,
            "seed": self.seed,
        }
