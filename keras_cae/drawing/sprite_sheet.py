"""Sprite sheets for TensorBoard's Projector."""

import math

import numpy as np

from keras_cae.drawing.pictures import VOLUMES
from keras_cae.drawing.png import to_png
from keras_cae.drawing.thumbnails import displayed_channels, shrink
from keras_cae.drawing.volume_slices import middle_slices
from keras_cae.kinds import rank_of

MAX_SHEET_SIDE = 8192
"""The limit of TensorBoard in pixels."""
MAX_IMAGE_SIDE = 64
"""In pixels. Larger images would only increase the file size."""


def sprite_sheet(images: np.ndarray) -> tuple[bytes, tuple[int, int]]:
    """Arrange images in a square grid, row by row.

    Args:
        images: floats `(n, height, width, channels)` from 0 to 1; for volumes, the middle slice of the depth is used.

    Returns:
        The PNG file, and the width and height of each image in it.
    """
    if rank_of(images) == VOLUMES:
        images = middle_slices(images)
    per_row = math.ceil(math.sqrt(len(images)))
    images = shrink(np.clip(images, 0, 1), min(MAX_IMAGE_SIDE, MAX_SHEET_SIDE // per_row))
    images = np.rint(displayed_channels(images) * 255).astype("uint8")
    n, height, width, channels = images.shape
    grid = np.zeros((per_row, per_row, height, width, channels), "uint8")
    grid.reshape(-1, height, width, channels)[:n] = images
    pixels = grid.swapaxes(1, 2).reshape(per_row * height, per_row * width, channels)
    return to_png(pixels), (width, height)
