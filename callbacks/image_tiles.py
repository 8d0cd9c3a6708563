"""Images as they are shown: in a size that can be seen, in colours that a screen has."""

import numpy as np

from keras_cae.callbacks.color_map import colors_of

SMALLEST_SIDE, LARGEST_SIDE = 64, 256
"""Pixels between which the longer side of a shown image lies."""
CHECKER_SIDE = 8
CHECKER_SHADES = (1.0, 0.85)


def image_tiles(images: np.ndarray, smallest_side: int = SMALLEST_SIDE) -> np.ndarray:
    """Images as uint8 RGB, enlarged or shrunk by a whole factor.

    One channel is grey, three are red, green and blue, the fourth of four is opacity, shown over a
    checkerboard. Two channels are shown by their mean, of more than four the first three.

    Args:
        images: floats of shape `(n, height, width, channels)`; values are cut off at 0 and 1, and what is
            not a number is black.
        smallest_side: pixels that the longer side has at least.
    """
    images = shrink(np.nan_to_num(np.clip(images, 0, 1)), LARGEST_SIDE)
    if images.shape[-1] == 4:
        return _bytes(_over_checkerboard(enlarge(images, smallest_side)))
    return enlarge(_bytes(_rgb(images)), smallest_side)


def color_tiles(values: np.ndarray, smallest_side: int = SMALLEST_SIDE) -> np.ndarray:
    """Maps of values from 0 to 1 as uint8 RGB, of the size that `image_tiles` gives images.

    Args:
        values: floats of shape `(n, height, width)`.
        smallest_side: pixels that the longer side has at least.
    """
    return enlarge(colors_of(shrink(values[..., None], LARGEST_SIDE)[..., 0]), smallest_side)


def shrink(images: np.ndarray, largest_side: int) -> np.ndarray:
    """Images whose longer side has at most so many pixels: the means of blocks of them.

    At the far edges blocks may be smaller.
    """
    factor = -(-max(images.shape[1:3]) // largest_side)
    if factor == 1:
        return images
    for axis in (1, 2):
        size = images.shape[axis]
        starts = np.arange(0, size, factor)
        sizes = np.diff(starts, append=size).reshape([-1 if i == axis else 1 for i in range(4)])
        images = np.add.reduceat(images, starts, axis=axis) / sizes
    return images


def enlarge(images: np.ndarray, smallest_side: int) -> np.ndarray:
    """Images whose longer side has at least so many pixels: each repeated."""
    factor = -(-smallest_side // max(images.shape[1:3]))
    if factor == 1:
        return images
    for axis in (2, 1):  # `take` is ten times as fast as `repeat`, in this order
        images = images.take(np.arange(factor * images.shape[axis]) // factor, axis=axis)
    return images


def _bytes(images: np.ndarray) -> np.ndarray:
    return np.rint(images * 255).astype("uint8")


def _rgb(images: np.ndarray) -> np.ndarray:
    if images.shape[-1] <= 2:
        return images.mean(axis=-1, keepdims=True).repeat(3, axis=-1)
    return images[..., :3]


def _over_checkerboard(images: np.ndarray) -> np.ndarray:
    opacity = images[..., 3:]
    return images[..., :3] * opacity + _checkerboard(*images.shape[1:3]) * (1 - opacity)


def _checkerboard(height: int, width: int) -> np.ndarray:
    rows, columns = (np.arange(side)[:, None] // CHECKER_SIDE for side in (height, width))
    return np.array(CHECKER_SHADES)[(rows + columns.T) % 2][..., None]
