"""Conversion of images to the size and the colours in which they are shown."""

import numpy as np

from keras_cae.drawing.colormap import apply_colormap

MEDIUM, SMALL = 64, 48
"""The minimum of the longer side of thumbnails in pixels. Small thumbnails are for pictures of many images."""
LARGEST_SIDE = 256
CHECKER_SIDE = 8
CHECKER_SHADES = (1.0, 0.85)
GOLDEN_RATIO = 0.6180339887498949
"""The distance on the colormap between successive indices, which gives neighbouring indices distinct colours."""


def thumbnails(images: np.ndarray, min_side: int = MEDIUM) -> np.ndarray:
    """Return images as uint8 RGB, enlarged or shrunk by an integer factor.

    One channel is shown as grey, three channels as RGB, and four as RGB with alpha over a checkerboard. Two channels
    are averaged, and only the first three of more than four channels are shown.

    Args:
        images: floats of shape `(n, height, width, channels)`. Values are clipped to [0, 1], and NaN becomes black.
        min_side: the minimum of the longer side of a thumbnail, in pixels.
    """
    images = shrink(np.nan_to_num(np.clip(images, 0, 1)), LARGEST_SIDE)
    if images.shape[-1] == 4:
        return _bytes(_over_checkerboard(enlarge(images, min_side)))
    return enlarge(_bytes(_rgb(images)), min_side)


def heatmaps(values: np.ndarray, min_side: int = MEDIUM) -> np.ndarray:
    """Return maps of values from 0 to 1 as uint8 RGB, at the same size as `thumbnails`.

    Args:
        values: floats of shape `(n, height, width)`.
        min_side: the minimum of the longer side of a heatmap, in pixels.
    """
    return enlarge(apply_colormap(shrink(values[..., None], LARGEST_SIDE)[..., 0]), min_side)


def index_maps(indices: np.ndarray, min_side: int = MEDIUM) -> np.ndarray:
    """Return maps of codebook indices as uint8 RGB, with a different colour for each index.

    Args:
        indices: integers of shape `(n, rows, columns)`.
        min_side: the minimum of the longer side of a map, in pixels.
    """
    return enlarge(index_colors(indices), min_side)


def index_colors(indices: np.ndarray) -> np.ndarray:
    """Return the colour of each index: uint8, with one more axis of size 3."""
    return apply_colormap(indices * GOLDEN_RATIO % 1.0)


def shrink(images: np.ndarray, max_side: int) -> np.ndarray:
    """Return images whose longer side has at most `max_side` pixels, by averaging blocks of pixels.

    Blocks at the bottom and the right may be smaller.
    """
    factor = -(-max(images.shape[1:3]) // max_side)
    if factor == 1:
        return images
    for axis in (1, 2):
        size = images.shape[axis]
        starts = np.arange(0, size, factor)
        sizes = np.diff(starts, append=size).reshape([-1 if i == axis else 1 for i in range(4)])
        images = np.add.reduceat(images, starts, axis=axis) / sizes
    return images


def enlarge(images: np.ndarray, min_side: int) -> np.ndarray:
    """Return images whose longer side has at least `min_side` pixels, by repeating pixels."""
    factor = -(-min_side // max(images.shape[1:3]))
    if factor == 1:
        return images
    for axis in (2, 1):  # `take` is ten times as fast as `repeat`, in this order
        images = images.take(np.arange(factor * images.shape[axis]) // factor, axis=axis)
    return images


def displayed_channels(images: np.ndarray) -> np.ndarray:
    """Return images with three channels, or with four including alpha."""
    return images if images.shape[-1] == 4 else _rgb(images)


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
