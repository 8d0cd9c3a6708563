"""A corruption by Gaussian noise with a random strength for every image."""

from typing import Any, ClassVar

import keras

from keras_cae.layers.random_strength_corruption import RandomStrengthCorruption
from keras_cae.validation import positive_float, seed, share_of_range


@keras.saving.register_keras_serializable(package="keras_cae")
class RandomGaussianNoise(RandomStrengthCorruption):
    """Adds Gaussian noise of a random strength to each image in training.

    A model that is trained with it removes noise of every strength in the range, whereas `keras.layers.GaussianNoise`
    trains it for a single strength. Values are not clipped. With `training=False` images are returned unchanged.

    Args:
        low: smallest standard deviation, as a fraction of the full range: `5 / 255`, not 5.
        high: largest standard deviation, as a fraction of the full range.
        max_value: width of the full range: 1 for images in [0, 1], 4095 for floats from 12-bit sensors.
        seed: seed of the random numbers.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> noise = keras_cae.layers.RandomGaussianNoise(0.1, 0.2, seed=0)
    >>> noisy = noise(np.zeros((8, 32, 32, 1)), training=True)
    >>> deviations = np.std(noisy, axis=(1, 2, 3))
    >>> bool(0.09 < deviations.min() < deviations.max() < 0.21)
    True
    """

    rules: ClassVar = {"low": share_of_range, "high": share_of_range, "max_value": positive_float, "seed": seed}

    def __init__(
        self,
        low: float = 0.0,
        high: float = 55 / 255,
        *,
        max_value: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.keep(low=low, high=high, max_value=max_value)
        if self.low > self.high:
            raise ValueError(f"low must not be above high, got low={low!r} and high={high!r}.")

    def changed(self, images: Any) -> Any:
        return images + self.max_value * self.random_value(images, (self.low, self.high)) * self.normal(images)
