"""Pictures of the middle slices of volumes."""

import numpy as np

GAP = 1
"""The number of pixels between two slices."""
WHITE = 1.0


def slice_images(volumes: np.ndarray) -> np.ndarray:
    """Return images of the middle slices of volumes along each axis, on white.

    The middle slice of the depth is at the top left. That of the width is to its right, with the same height, and that
    of the height is below it, with the same width.

    Args:
        volumes: floats `(n, depth, height, width, channels)`.

    Returns:
        Floats `(n, height + 1 + depth, width + 1 + depth, channels)`.
    """
    count, depth, height, width, channels = volumes.shape
    shape = (count, height + GAP + depth, width + GAP + depth, channels)
    images = np.full(shape, WHITE, volumes.dtype)
    images[:, :height, :width] = middle_slices(volumes)
    images[:, :height, width + GAP :] = volumes[:, :, :, width // 2].swapaxes(1, 2)
    images[:, height + GAP :, :width] = volumes[:, :, height // 2]
    return images


def middle_slices(volumes: np.ndarray) -> np.ndarray:
    """Return the middle slice of the depth of each volume, `(n, height, width, channels)`."""
    return volumes[:, volumes.shape[1] // 2]
