"""Volumes as pictures of their middle slices."""

import numpy as np

GAP = 1
"""Pixels between two slices."""
WHITE = 1.0


def slice_images(volumes: np.ndarray) -> np.ndarray:
    """Return images of the middle slices of volumes along each axis, on white.

    The slice along the depth is at the top left. To the right of it is the one along the width, with the same
    height, and below it the one along the height, with the same width.

    Args:
        volumes: floats `(n, depth, height, width, channels)`.

    Returns:
        `(n, height + 1 + depth, width + 1 + depth, channels)`, of float type.
    """
    count, depth, height, width, channels = volumes.shape
    shape = (count, height + GAP + depth, width + GAP + depth, channels)
    images = np.full(shape, WHITE, volumes.dtype)
    images[:, :height, :width] = middle_slices(volumes)
    images[:, :height, width + GAP :] = volumes[:, :, :, width // 2].swapaxes(1, 2)
    images[:, height + GAP :, :width] = volumes[:, :, height // 2]
    return images


def middle_slices(volumes: np.ndarray) -> np.ndarray:
    """Return the slice in the middle of the depth of each volume, `(n, height, width, channels)`."""
    return volumes[:, volumes.shape[1] // 2]
