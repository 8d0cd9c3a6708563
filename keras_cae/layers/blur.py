"""A corruption that blurs."""

import math
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.random_strength_corruption import RandomStrengthCorruption
from keras_cae.validation import positive_float_or_range, seed

REACH = 3.0
"""The radius of the kernel in standard deviations."""


@keras.saving.register_keras_serializable(package="keras_cae")
class Blur(RandomStrengthCorruption):
    """Blurs images in training with a Gaussian kernel, so that a `DenoisingCAE` learns to sharpen them.

    Images are extended by repeating the pixels at the edges. With `training=False` images are returned unchanged.

    Args:
        sigma: standard deviation of the kernel in pixels: a number, or a range from which a random number is drawn for
            each image.
        seed: seed of the random numbers.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> blur = keras_cae.layers.Blur(sigma=1.0)
    >>> point = np.pad(np.ones((1, 1, 1, 1)), [(0, 0), (4, 4), (4, 4), (0, 0)])
    >>> round(float(blur(point, training=True)[0, 4, 4, 0]), 2)
    0.16
    """

    rules: ClassVar = {"sigma": positive_float_or_range, "seed": seed}

    def __init__(
        self, sigma: float | tuple[float, float] = (0.5, 2.0), *, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.keep(sigma=sigma)

    def changed(self, images: Any) -> Any:
        sigma = self.random_value(images, self.sigma)
        largest = self.sigma[1] if isinstance(self.sigma, tuple) else self.sigma
        reach = max(1, math.ceil(REACH * largest))
        weights = {step: ops.exp(-0.5 * (step / sigma) ** 2) for step in range(reach + 1)}
        total = weights[0] + 2.0 * sum(weights[step] for step in range(1, reach + 1))
        for axis in range(1, len(images.shape) - 1):
            side = ops.shape(images)[axis]
            blurred = weights[0] * images
            for step in range(1, reach + 1):
                before, after = (
                    ops.take(images, ops.clip(ops.arange(side) + shift, 0, side - 1), axis=axis)
                    for shift in (-step, step)
                )
                blurred = blurred + weights[step] * (before + after)
            images = blurred / total
        return images
