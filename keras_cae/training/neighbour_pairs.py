"""Subsampling of an image into two half-size images with independent noise."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops


class NeighbourPair(NamedTuple):
    """The pixel that each of the two images takes from each cell, one-hot: `(n, *cells, pixels of a cell)`."""

    first: Any
    second: Any


def choose_neighbours(images: Any, seed: keras.random.SeedGenerator) -> NeighbourPair:
    """Choose two neighbouring pixels in each cell of 2×2 pixels at random.

    The two images formed by these pixels show nearly the same content, and their noise is independent if the noise of
    the pixels is (Huang et al. 2021, "Neighbor2Neighbor: Self-Supervised Denoising from Single Noisy Images").

    Args:
        images: batch of images, `(n, *spatial, channels)`, with at least 2 pixels along each axis. Signals have cells
            of 2 values, volumes of 2×2×2.
        seed: generator of the random numbers.
    """
    cells = pixels_of_cells(images)
    rank = len(images.shape) - 2
    pairs = np.array([(pixel, pixel ^ (1 << axis)) for pixel in range(2**rank) for axis in range(rank)])
    drawn = keras.random.uniform(ops.shape(cells)[:-2], dtype="float32", seed=seed)
    chosen = ops.minimum(ops.cast(drawn * len(pairs), "int32"), len(pairs) - 1)
    one_hot = np.eye(2**rank, dtype="float32")
    return NeighbourPair(*(ops.cast(ops.take(one_hot[part], chosen, axis=0), images.dtype) for part in pairs.T))


def subsample(images: Any, chosen: Any) -> Any:
    """Return the half-size images that consist of the chosen pixels.

    Args:
        images: batch of images, `(n, *spatial, channels)`. Along an axis of odd length, the last pixels are ignored.
        chosen: one part of a `NeighbourPair`.
    """
    return ops.sum(pixels_of_cells(images) * chosen[..., None], axis=-2)


def pixels_of_cells(images: Any) -> Any:
    """Return the pixels of each cell, `(n, *cells, pixels of a cell, channels)`."""
    sides = ops.shape(images)[1:-1]
    corners = np.ndindex(*[2] * len(sides))
    parts = [
        images[(slice(None), *(slice(first, side // 2 * 2, 2) for first, side in zip(corner, sides, strict=True)))]
        for corner in corners
    ]
    return ops.stack(parts, axis=-2)
