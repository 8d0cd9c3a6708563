"""The importance-weighted lower bound of the log-likelihood of images."""

import functools
import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.training.inference import batches_of
from keras_cae.validation import non_negative_int, one_of, positive_int

LIKELIHOODS = {
    "binary_crossentropy": "bernoulli",
    "BinaryCrossentropy": "bernoulli",
    "mean_squared_error": "gaussian",
    "MeanSquaredError": "gaussian",
}
"""The distribution of images given codes that a loss implies."""


def log_likelihood(
    model: Any, images: Any, samples: int, likelihood: str | None, seed: int, batch_size: int
) -> np.ndarray:
    """Estimate the log-likelihood of images; `keras_cae.models.CAE.log_likelihood` describes the arguments."""
    likelihood = likelihood_of(model, likelihood)
    samples = positive_int(samples, "samples")
    generator = np.random.default_rng(non_negative_int(seed, "seed"))
    log_weights = model.__dict__.setdefault("_log_weights", {})
    if likelihood not in log_weights:
        function = functools.partial(_log_weights, model, likelihood)
        log_weights[likelihood] = tf.function(function, autograph=False, reduce_retracing=True)
    bounds = []
    for batch in batches_of(images, batch_size):
        model._check_batch(batch)
        tensor = tf.convert_to_tensor(batch)
        total = np.full(len(batch), -np.inf)
        for _ in range(samples):
            noise = generator.standard_normal((len(batch), model.bottleneck.latent_dim), dtype=np.float32)
            weights = log_weights[likelihood](tensor, tf.constant(noise))
            total = np.logaddexp(total, np.asarray(weights, "float64"))
        bounds.append(total - np.log(samples))
    if not bounds:
        raise ValueError("images must hold at least one image, got none.")
    return np.concatenate(bounds).astype("float32")


def likelihood_of(model: Any, likelihood: str | None) -> str:
    """Return the given likelihood, or the likelihood that the model's loss implies."""
    if likelihood is None:
        loss = model._loss_functions()
        function = keras.losses.get(loss) if isinstance(loss, str) else loss  # Resolves aliases such as "bce".
        likelihood = LIKELIHOODS.get(getattr(function, "__name__", type(function).__name__))
        if likelihood is None:
            raise ValueError(
                f"likelihood must be 'bernoulli' or 'gaussian', because the loss {loss!r} implies neither."
            )
    return str(one_of(likelihood, "likelihood", ("bernoulli", "gaussian")))


def _log_weights(model: Any, likelihood: str, images: Any, noise: Any) -> Any:
    """Return `log p(x|z) + log p(z) − log q(z|x)` for one code `z` of each image. Shape: `(n,)`."""
    mean, log_variance = model._posterior(images)
    codes = mean + ops.exp(log_variance / 2.0) * noise
    reconstructions = ops.cast(model._normalized(model._decode(codes)), "float32")
    images = ops.cast(model._normalized(model._gate.to_floats(images, model.variable_dtype)), "float32")
    if likelihood == "bernoulli":
        per_value = -ops.binary_crossentropy(images, reconstructions)
    else:
        per_value = -ops.square(images - reconstructions) - math.log(math.pi) / 2.0
    # The constants of the two normal densities cancel.
    prior_to_posterior = (ops.square(noise) + log_variance - ops.square(codes)) / 2.0
    axes = tuple(range(1, len(per_value.shape)))
    return ops.sum(per_value, axis=axes) + ops.sum(prior_to_posterior, axis=-1)
