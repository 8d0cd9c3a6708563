"""A corruption by photon noise."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.random_strength_corruption import RandomStrengthCorruption
from keras_cae.validation import positive_float, positive_float_or_range, seed

EXACT_UP_TO = 16.0
"""The mean up to which counts are sampled from the exact distribution."""
LARGEST_EXACT_COUNT = 48
"""The largest count that is sampled exactly. At a mean of `EXACT_UP_TO`, one in 10 billion counts is larger."""


@keras.saving.register_keras_serializable(package="keras_cae")
class PoissonNoise(RandomStrengthCorruption):
    """Replaces pixels with random counts in training, as sensors that count photons do.

    A pixel `x` becomes `max_value * Poisson(peak * x / max_value) / peak`: its mean is preserved, and its variance
    grows with its brightness. Counts with a mean above 16 are sampled by the Cornish-Fisher expansion, whose mean and
    variance agree with those of the Poisson distribution within one percent. Negative values count as 0. With
    `training=False` images are returned unchanged.

    Args:
        peak: mean photon count of a white pixel: a number, or a range from which a random number is drawn for each
            image. The fewer photons, the stronger the noise.
        max_value: the value of white: 1 for images in [0, 1].
        seed: seed of the random numbers.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> noise = keras_cae.layers.PoissonNoise(peak=20, seed=0)
    >>> noisy = noise(np.full((1, 64, 64, 1), 0.5), training=True)
    >>> round(float(np.var(noisy) * 20 / 0.5), 1)
    1.0
    """

    rules: ClassVar = {"peak": positive_float_or_range, "max_value": positive_float, "seed": seed}

    def __init__(
        self,
        peak: float | tuple[float, float] = (10.0, 100.0),
        *,
        max_value: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.keep(peak=peak, max_value=max_value)

    def changed(self, images: Any) -> Any:
        photons = self.random_value(images, self.peak) / self.max_value
        means = ops.maximum(images * photons, 0.0)
        return ops.where(means < EXACT_UP_TO, self._exact_counts(means), self._approximate_counts(means)) / photons

    def _exact_counts(self, means: Any) -> Any:
        """Sample counts exactly, by inverting the cumulative distribution function at random numbers."""
        means = ops.minimum(means, EXACT_UP_TO)
        level = self.uniform(ops.shape(means))
        probability = ops.exp(-means)
        reached, counts = probability, ops.zeros_like(means)
        for count in range(1, LARGEST_EXACT_COUNT + 1):
            counts = counts + ops.cast(level >= reached, "float32")
            probability = probability * means / count
            reached = reached + probability
        return counts

    def _approximate_counts(self, means: Any) -> Any:
        normal = self.normal(means)
        deviation = ops.sqrt(ops.maximum(means, EXACT_UP_TO))
        third = (normal**3 - normal) / (72.0 * deviation)
        # Corrects the additional variance of the expansion and of rounding.
        scale = ops.sqrt(1.0 - 1.0 / (12.0 * deviation**2))
        return ops.round(means + scale * deviation * normal + (normal**2 - 1) / 6.0 - third)
