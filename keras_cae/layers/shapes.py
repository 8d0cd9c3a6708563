"""Random shapes and patterns on signals, images and volumes, for corruptions."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

WAVES = 6
"""The number of waves of a pattern, which is large enough that no single wave is visible."""


def positions(images: Any) -> list[Any]:
    """Return the positions of the pixels along each spatial axis, from 0 to 1, in shapes that broadcast together."""
    sides = ops.shape(images)[1:-1]
    found = []
    for axis, side in enumerate(sides):
        along = (ops.cast(ops.arange(side), "float32") + 0.5) / ops.cast(side, "float32")
        found.append(ops.reshape(along, (1, *[-1 if other == axis else 1 for other in range(len(sides))])))
    return found


def for_pixels(values: Any, rank: int) -> Any:
    """Reshape one value per image, `(n,)`, so that it broadcasts with `(n, *spatial)`."""
    return ops.reshape(values, (-1, *[1] * rank))


def between(images: Any, low: float, high: float, seed: Any, logarithmic: bool = False) -> Any:
    """Return a random number for each image, `(n,)`, from a uniform or a log-uniform distribution."""
    drawn = keras.random.uniform((ops.shape(images)[0],), dtype="float32", seed=seed)
    return low * (high / low) ** drawn if logarithmic else low + (high - low) * drawn


def distances(images: Any, size: tuple[float, float], power: Any, seed: Any) -> Any:
    """Return the distance of each pixel from the centre of a random shape, which is 1 at the shape's edge.

    Args:
        images: batch of images.
        size: smallest and largest extent of the shape along an axis, as fractions of the image's side.
        power: the exponent of each image's shape, `(n,)`: 1 for a diamond, 2 for an ellipse, large for a box.
        seed: seed of the random numbers.

    Returns:
        Tensor `(n, *spatial)`.
    """
    places = positions(images)
    power = for_pixels(power, len(places))
    total: Any = 0.0
    for place in places:
        radius = between(images, size[0] / 2, size[1] / 2, seed, logarithmic=True)
        centre = between(images, 0.0, 1.0, seed)
        offset = (place - for_pixels(centre, len(places))) / for_pixels(radius, len(places))
        # Beyond the edge the distance is not needed, and high powers of it would overflow.
        total = total + ops.minimum(ops.abs(offset), 2.0) ** power
    return total ** (1.0 / power)


def pattern(images: Any, frequency: float, seed: Any) -> Any:
    """Return a smooth random pattern for each image, `(n, *spatial)`, with values around 0 of about 1.

    Args:
        images: batch of images.
        frequency: maximum number of periods along an axis.
        seed: seed of the random numbers.
    """
    places = positions(images)
    total: Any = 0.0
    for _ in range(WAVES):
        phase: Any = for_pixels(between(images, 0.0, 1.0, seed), len(places))
        for place in places:
            phase = phase + place * for_pixels(between(images, -frequency, frequency, seed), len(places))
        total = total + ops.sin(2 * np.pi * phase)
    return total / np.sqrt(WAVES / 2)


def other_images(images: Any, seed: Any) -> Any:
    """Return another image of the batch for each image, shifted cyclically by random distances.

    In a batch with a single image, this image itself is shifted.
    """
    count = ops.shape(images)[0]
    step = between(images, 0.0, 1.0, seed) * ops.cast(count - 1, "float32")
    others = (ops.arange(count) + 1 + ops.cast(step, "int32")) % count
    moved = tf.gather(images, others)
    for axis, side in enumerate(ops.shape(images)[1:-1], start=1):
        shift = ops.cast(between(images, 0.2, 0.8, seed) * ops.cast(side, "float32"), "int32")
        places = (ops.arange(side)[None, :] + shift[:, None]) % side
        moved = tf.gather(moved, places, axis=axis, batch_dims=1)
    return moved


def value_range(images: Any) -> tuple[Any, Any]:
    """Return the smallest and the largest value of each channel in a batch."""
    axes = tuple(range(len(images.shape) - 1))
    return ops.min(images, axis=axes), ops.max(images, axis=axes)


def colors(images: Any, seed: Any) -> Any:
    """Return a random value for each image and channel, within the range of the batch; it broadcasts with images."""
    low, high = value_range(images)
    shape = ops.shape(images)
    drawn = keras.random.uniform((shape[0], *[1] * (len(shape) - 2), shape[-1]), dtype="float32", seed=seed)
    return low + (high - low) * ops.cast(drawn, images.dtype)
