"""Statistics of the codes of images."""

from typing import Any

import numpy as np

from keras_cae.callbacks.latent_callback import LatentCallback
from keras_cae.callbacks.summaries import Summary, histogram, scalar
from keras_cae.drawing.codes import has_posterior, most_active
from keras_cae.validation import positive_int

ACTIVE_VARIANCE = 0.01
"""The variance above which a latent dimension counts as active, as in `metrics.ActiveUnits`."""
SMALLEST_VARIANCE = 1e-6
PRIOR_LIMITS = (-4.0, 4.0)
"""The limits of the histograms for comparison with the prior."""
DIMENSION = "The codes of the images in this latent dimension, one of those that vary most."
ACTIVE_UNITS = "The number of latent dimensions whose variance over the images is above 0.01."
EFFECTIVE_RANK = (
    "The effective number of directions in which the codes vary: the exponential of the entropy of the "
    "normalized eigenvalues of their covariance (Roy & Vetterli 2007)."
)
POSTERIOR = "One code of each image, sampled as in training. All dimensions are pooled."
PRIOR = "The standard normal distribution, which the aggregated posterior should look like."
DISTANCE = (
    "The divergence, in nats, of the aggregated posterior from the prior: that of a normal distribution with "
    "the same mean and variance from the standard normal distribution, summed over the dimensions."
)
KL = "The divergence of a code from the prior in one latent dimension, in nats, averaged over the images."
KL_SUM = "The divergence of a code from the prior, in nats, averaged over the images."


class LatentStatistics(LatentCallback):
    """Shows the distribution of the codes of images in TensorBoard.

    In each epoch, the callback writes under the tag "latent/…":

    - `dimension_<j>`: a histogram of the codes for each of the most active dimensions;
    - `active_units`: the number of dimensions that vary at all (Burda et al. 2016);
    - `effective_rank`: the effective number of directions in which the codes vary, the exponential of the
      entropy of the covariance's normalized eigenvalues (Roy & Vetterli 2007, "The Effective Rank");
    - for models with a prior: histograms `aggregated_posterior` and `prior`, which should look alike, and
      `distance_to_prior`, in nats;
    - for models with a `posterior`, such as `keras_cae.models.VariationalCAE`: `kl`, the divergence from the
      prior in nats, `kl_<j>` for the most active dimensions, and `kl_per_dimension`, a histogram over all.

    It works with models with dense codes (a `latent_dim`). Training is not affected.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes. At least two are
            needed.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        freq: number of epochs from one summary to the next.
        max_images: maximum number of images; only the first ones are used.
        max_dims: maximum number of dimensions with separate histograms.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the model is not suitable, or the folder can't be
            written to.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.VariationalCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> statistics = keras_cae.callbacks.LatentStatistics(images, log_dir="logs")
    >>> history = model.fit(images, callbacks=[statistics], verbose=0)
    """

    def __init__(
        self,
        images: Any,
        log_dir: Any = "logs",
        *,
        freq: int = 1,
        max_images: int = 128,
        max_dims: int = 8,
    ) -> None:
        super().__init__(images, log_dir, freq, max_images)
        self.max_dims = positive_int(max_dims, "max_dims")
        if len(self.images) < 2:
            raise ValueError("images must contain at least 2 images for statistics of their codes, got 1.")

    def summaries(self, epoch: int) -> dict[str, Summary]:
        if has_posterior(self.model):
            codes, log_variance = self.inference.posterior(self.images)
        else:
            codes, log_variance = self.inference.encode(self.images), None
        dims = most_active(codes, self.max_dims)
        content = {f"dimension_{dim:03d}": histogram(codes[:, dim], DIMENSION) for dim in dims}
        content["active_units"] = scalar(np.sum(codes.var(axis=0) > ACTIVE_VARIANCE), ACTIVE_UNITS)
        content["effective_rank"] = scalar(effective_rank(codes), EFFECTIVE_RANK)
        if log_variance is not None:
            content |= _divergences(gaussian_kl(codes, log_variance), dims)
        if self.has_prior:
            content |= _against_prior(codes, log_variance)
        return {f"latent/{name}": summary for name, summary in content.items()}


def effective_rank(codes: np.ndarray) -> float:
    """Return the exponential of the entropy of the normalized eigenvalues of the codes' covariance."""
    centered = codes.astype("float64") - codes.mean(axis=0)
    if not np.isfinite(centered).all():
        return float("nan")
    # Both Gram matrices have the nonzero eigenvalues of the covariance: take the smaller one.
    n, dims = centered.shape
    gram = centered.T @ centered if dims <= n else centered @ centered.T
    values = np.linalg.eigvalsh(gram)
    shares = values[values > 1e-12 * max(values.max(), 1e-30)]
    shares = shares / shares.sum() if shares.size else np.ones(1)
    return float(np.exp(-np.sum(shares * np.log(shares))))


def gaussian_kl(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """Return the divergence of normal distributions from the standard normal one, in nats, elementwise."""
    return (np.square(mean) + np.exp(log_variance) - 1.0 - log_variance) / 2.0


def _divergences(kl: np.ndarray, dims: np.ndarray) -> dict[str, Summary]:
    per_dimension = kl.mean(axis=0)
    return {
        "kl": scalar(per_dimension.sum(), KL_SUM),
        "kl_per_dimension": histogram(per_dimension, KL),
        **{f"kl_{dim:03d}": scalar(per_dimension[dim], KL) for dim in dims},
    }


def _against_prior(codes: np.ndarray, log_variance: np.ndarray | None) -> dict[str, Summary]:
    noise = np.random.default_rng(0).standard_normal(codes.shape)
    drawn = codes if log_variance is None else codes + np.exp(log_variance / 2) * noise
    within = np.zeros_like(codes) if log_variance is None else np.exp(log_variance)
    variance = codes.var(axis=0) + within.mean(axis=0)
    distance = gaussian_kl(codes.mean(axis=0), np.log(np.maximum(variance, SMALLEST_VARIANCE)))
    return {
        "aggregated_posterior": histogram(drawn, POSTERIOR, PRIOR_LIMITS),
        "prior": histogram(noise, PRIOR, PRIOR_LIMITS),
        "distance_to_prior": scalar(distance.sum(), DISTANCE),
    }
