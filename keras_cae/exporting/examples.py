"""Random images that a model accepts."""

from typing import Any

import keras
import numpy as np

from keras_cae.pixel_values import WHITE

SMALLEST_SIDE = 12
"""The smallest side of the images on which models for images of any size are verified."""


def random_images(model: Any, shape: tuple[int, ...], dtype: str, rng: np.random.Generator) -> np.ndarray:
    """Return random images with values in the range of the model's training images.

    Args:
        model: a built autoencoder of the library.
        shape: `(n, *spatial, channels)`.
        dtype: type of the images.
        rng: the random generator.
    """
    if dtype == "bool":
        return rng.random(shape) > 0.5
    if dtype in WHITE:
        return rng.integers(0, WHITE[dtype], size=shape, dtype=dtype, endpoint=True)
    if model.normalizer is not None:
        mean, variance = (
            keras.ops.convert_to_numpy(part) for part in (model.normalizer.mean, model.normalizer.variance)
        )
        mean, deviation = (np.reshape(part, (-1,)) for part in (mean, np.sqrt(variance)))
        return (mean + deviation * rng.standard_normal(shape)).astype(dtype)
    gate = model._gate
    low, high = gate.span or ((gate.low, gate.high) if gate.bounded else (0.0, 1.0))
    return rng.uniform(low, high, shape).astype(dtype)


def sizes_to_try(model: Any, sides: tuple[int | None, ...]) -> list[tuple[int, ...]]:
    """Return image sizes for verification: the size of the model, or two sizes, the second one odd, if it is not fixed.

    Args:
        model: a built autoencoder of the library.
        sides: spatial sides of its images, with None for variable sides.
    """
    if None not in sides:
        return [tuple(side for side in sides if side is not None)]
    try:
        factors = model.downsampling
    except ValueError:  # unknown for these networks
        factors = (4,) * len(sides)
    even = [factor * -(-SMALLEST_SIDE // factor) + axis * factor for axis, factor in enumerate(factors)]
    odd = [side + 1 + (side % 2) + 2 * axis for axis, side in enumerate(even)]
    return [
        tuple(own if side is None else side for own, side in zip(chosen, sides, strict=True)) for chosen in (even, odd)
    ]
