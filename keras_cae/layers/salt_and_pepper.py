"""A corruption by white and black pixels."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.random_strength_corruption import RandomStrengthCorruption
from keras_cae.validation import finite_float, seed, share, share_of_range


@keras.saving.register_keras_serializable(package="keras_cae")
class SaltAndPepper(RandomStrengthCorruption):
    """Turns random pixels white or black in training, like hot and dead pixels of a sensor.

    All channels of a pixel change together. With `training=False` images are returned unchanged.

    Args:
        ratio: share of the pixels that change, between 0 and 1.
        salt: share of the changed pixels that become white; the others become black.
        min_value: the value of black.
        max_value: the value of white: 1 for images in [0, 1].
        seed: seed of the random numbers.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> noise = keras_cae.layers.SaltAndPepper(0.1, seed=0)
    >>> noisy = noise(np.full((1, 64, 64, 3), 0.5), training=True)
    >>> np.unique(noisy).tolist()
    [0.0, 0.5, 1.0]
    """

    rules: ClassVar = {
        "ratio": share,
        "salt": share_of_range,
        "min_value": finite_float,
        "max_value": finite_float,
        "seed": seed,
    }

    def __init__(
        self,
        ratio: float = 0.05,
        *,
        salt: float = 0.5,
        min_value: float = 0.0,
        max_value: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.keep(ratio=ratio, salt=salt, min_value=min_value, max_value=max_value)
        if self.min_value >= self.max_value:
            raise ValueError(f"min_value must be below max_value, got {min_value!r} and {max_value!r}.")

    def changed(self, images: Any) -> Any:
        drawn = self.uniform((*ops.shape(images)[:-1], 1))
        grain = ops.where(drawn < self.ratio * self.salt, self.max_value, self.min_value)
        return ops.where(drawn < self.ratio, grain, images)
