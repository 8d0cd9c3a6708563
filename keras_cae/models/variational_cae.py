"""The variational autoencoder."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.layers.gaussian_bottleneck import GaussianBottleneck
from keras_cae.models.basic_cae import BasicCAE
from keras_cae.models.bottleneck_weight import BottleneckWeight
from keras_cae.models.gaussian_prior import GaussianPrior
from keras_cae.validation import non_negative_float, one_of, positive_int

LIKELIHOODS = {
    "binary_crossentropy": "bernoulli",
    "BinaryCrossentropy": "bernoulli",
    "mse": "gaussian",
    "mean_squared_error": "gaussian",
    "MeanSquaredError": "gaussian",
}
"""The distribution of images given codes that a loss stands for."""


@keras.saving.register_keras_serializable(package="keras_cae")
class VariationalCAE(BasicCAE, GaussianPrior):
    """Variational autoencoder: its codes follow the standard normal distribution, so it can draw images.

    The networks of `BasicCAE` around a `GaussianBottleneck` (Kingma & Welling 2014, "Auto-Encoding
    Variational Bayes"). The penalty is the divergence of each image's code from the standard normal, in nats
    per image, divided by the number of values of an image: with `loss="binary_crossentropy"`, a mean over
    those, `beta=1` is exactly the negative evidence lower bound per value, at every image size. The mean
    squared error stands for normal noise of variance 1/2; a smaller variance `v` is `beta=2 * v`.

    `encode` gives the means of the codes; `predict` and `evaluate` decode these, without noise. Logs:
    `kl_loss` (nats per image), `reconstruction_loss`, `active_units` (see `GaussianBottleneck`).

    Args:
        latent_dim: size of the code.
        beta: weight of the divergence (Higgins et al. 2017, "beta-VAE"). May be set while training goes on,
            as `callbacks.WeightScheduler` does.
        free_bits: nats that each latent dimension may use without penalty (Kingma et al. 2016).
        filters: channels of each level's convolution, from full resolution down.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer; of a layer, every level has its own.
        output_activation: the same, for the last layer.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        seed: of the codes' noise in training.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`; each side at least `2 ** (len(filters) - 1)` pixels.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above, or the images are too small.

    Example:

    >>> model = keras_cae.models.VariationalCAE(latent_dim=4, filters=(8, 16))
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> images = np.random.default_rng(0).random((64, 14, 14, 1), dtype=np.float32)
    >>> sorted(model.fit(images, verbose=0).history)
    ['active_units', 'kl_loss', 'loss', 'reconstruction_loss']
    >>> model.sample(3, seed=0).shape
    (3, 14, 14, 1)
    """

    dense_code = False
    latent_dim: int
    beta = BottleneckWeight()

    def __init__(
        self,
        latent_dim: int,
        beta: float = 1.0,
        free_bits: float = 0.0,
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
        self.beta = beta
        self.free_bits = non_negative_float(free_bits, "free_bits")
        self.seed = seed

    def make_bottleneck(self, shape: Any) -> keras.layers.Layer:
        return GaussianBottleneck(
            self.latent_dim,
            self.beta,
            self.free_bits,
            values_per_image=math.prod(shape[1:]),
            seed=self.seed,
            dtype=self.dtype_policy,
            name="bottleneck",
        )

    def posterior(self, images: Any, batch_size: int = 128) -> Any:
        """Return mean and logarithm of the variance of each image's code.

        Args:
            images: an array, a `tf.data.Dataset` or a tensor, as in `encode`.
            batch_size: how many images of an array are encoded at once.

        Returns:
            Two arrays `(n, latent_dim)`; for a tensor, two tensors.
        """
        return self._infer(self._posterior, self._compiled_posterior, images, batch_size)

    def _posterior(self, images: Any) -> Any:
        self._ensure_built(images)
        return self.bottleneck.posterior(self.encoder(self.check_images(images), training=False))

    @functools.cached_property
    def _compiled_posterior(self) -> Any:
        return tf.function(self._posterior, autograph=False, reduce_retracing=True)

    def log_likelihood(
        self,
        images: Any,
        samples: int = 64,
        likelihood: str | None = None,
        seed: int = 0,
        batch_size: int = 128,
    ) -> Any:
        """Estimate the logarithm of each image's likelihood, in nats, from below.

        The importance-weighted bound of Burda et al. 2016, "Importance Weighted Autoencoders": the logarithm
        of the mean of `p(x|z) p(z) / q(z|x)` over samples `z` of the posterior `q`. With one sample it is an
        estimate of the evidence lower bound; with more it comes closer to the likelihood.

        Args:
            images: an array `(n, height, width, channels)`.
            samples: how many codes are drawn for each image.
            likelihood: "bernoulli", whose logarithm is the negative binary cross-entropy, or "gaussian" with
                variance 1/2, that of the squared error. By default that of the loss of `compile`.
            seed: of the codes.
            batch_size: how many images are taken at once.

        Returns:
            An array `(n,)`.

        Raises:
            ValueError: the likelihood is unknown, and can't be told from the loss.
        """
        likelihood = self._likelihood(likelihood)
        samples = positive_int(samples, "samples")
        generator = np.random.default_rng(seed)
        bounds = []
        for start in range(0, len(images), batch_size):
            batch = tf.convert_to_tensor(images[start : start + batch_size])
            total = np.full(len(batch), -np.inf)
            for _ in range(samples):
                noise = generator.standard_normal((len(batch), self.latent_dim), dtype=np.float32)
                weights = self._compiled_log_weights(batch, tf.constant(noise), likelihood)
                total = np.logaddexp(total, np.asarray(weights, "float64"))
            bounds.append(total - np.log(samples))
        return np.concatenate(bounds).astype("float32")

    def _likelihood(self, likelihood: str | None) -> str:
        if likelihood is None:
            loss = getattr(self, "loss", None)
            name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
            likelihood = LIKELIHOODS.get(name)
            if likelihood is None:
                raise ValueError(
                    f"likelihood must be given, 'bernoulli' or 'gaussian': the loss {loss!r} does not say."
                )
        return one_of(likelihood, "likelihood", ("bernoulli", "gaussian"))

    def _log_weights(self, images: Any, noise: Any, likelihood: str) -> Any:
        """`log p(x|z) + log p(z) − log q(z|x)` for one code `z` of each image. Shape: `(n,)`."""
        mean, log_variance = self._posterior(images)
        codes = mean + ops.exp(log_variance / 2.0) * noise
        reconstructions = ops.cast(self._decode(codes), "float32")
        images = ops.cast(self.check_images(images), "float32")
        if likelihood == "bernoulli":
            per_value = -keras.ops.binary_crossentropy(images, reconstructions)
        else:
            per_value = -ops.square(images - reconstructions) - math.log(math.pi) / 2.0
        # The constants of the two normal densities cancel.
        prior_to_posterior = (ops.square(noise) + log_variance - ops.square(codes)) / 2.0
        return ops.sum(per_value, axis=(1, 2, 3)) + ops.sum(prior_to_posterior, axis=-1)

    @functools.cached_property
    def _compiled_log_weights(self) -> Any:
        return tf.function(self._log_weights, autograph=False, reduce_retracing=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta": self.beta, "free_bits": self.free_bits, "seed": self.seed}
