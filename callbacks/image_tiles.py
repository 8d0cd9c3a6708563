"""Images as they are shown: in a size that can be seen, in colours that a screen has."""

import numpy as np

from keras_cae.callbacks.color_map import colors_of

SMALLEST_SIDE, LARGEST_SIDE = 64, 256
"""Pixels between which the longer side of a shown image lies."""
CHECKER_SIDE = 8
CHECKER_SHADES = (1.0, 0.85)


def image_tiles(images: np.ndarray) -> np.ndarray:
    """Images as uint8 RGB, enlarged or shrunk by a whole factor.

    One channel is grey, three are red, green and blue, the fourth of four is opacity, shown over a
    checkerboard. Two channels are shown by their mean, of more than four the first three.

    Args:
        images: floats of shape `(n, height, width, channels)`; values are cut off at 0 and 1, and what is
            not a number is black.
    """
    resized = resize(np.nan_to_num(np.clip(images, 0, 1)))
    return np.rint(_rgb(resized) * 255).astype("uint8")


def color_tiles(values: np.ndarray) -> np.ndarray:
    """Maps of values from 0 to 1 as uint8 RGB, of the size that `image_tiles` gives images.

    Args:
        values: floats of shape `(n, height, width)`.
    """
    return colors_of(resize(values[..., None])[..., 0])


def resize(images: np.ndarray) -> np.ndarray:
    """Images with a longer side from `SMALLEST_SIDE` to `LARGEST_SIDE`: pixels repeated, or averaged."""
    longest = max(images.shape[1:3])
    if longest > LARGEST_SIDE:
        return _block_means(images, -(-longest // LARGEST_SIDE))
    factor = max(1, -(-SMALLEST_SIDE // longest))
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def _block_means(images: np.ndarray, factor: int) -> np.ndarray:
    """The means of blocks of `factor` by `factor` pixels; at the far edges blocks may be smaller."""
    for axis in (1, 2):
        size = images.shape[axis]
        starts = np.arange(0, size, factor)
        sizes = np.diff(starts, append=size).reshape([-1 if i == axis else 1 for i in range(4)])
        images = np.add.reduceat(images, starts, axis=axis) / sizes
    return images


def _rgb(images: np.ndarray) -> np.ndarray:
    channels = images.shape[-1]
    if channels <= 2:
        return images.mean(axis=-1, keepdims=True).repeat(3, axis=-1)
    if channels == 4:
        opacity = images[..., 3:]
        return images[..., :3] * opacity + _checkerboard(*images.shape[1:3]) * (1 - opacity)
    return images[..., :3]


def _checkerboard(height: int, width: int) -> np.ndarray:
    rows, columns = (np.arange(side)[:, None] // CHECKER_SIDE for side in (height, width))
    return np.array(CHECKER_SHADES)[(rows + columns.T) % 2][..., None]
