"""Images that a model has generated."""

import numpy as np

from keras_cae.drawing.image_grid import draw_image_grid
from keras_cae.drawing.thumbnails import SMALL

IMAGES_PER_ROW = 8


def draw_samples(images: np.ndarray) -> np.ndarray:
    """Draw images row by row, each row with the number of its first image.

    Args:
        images: floats `(n, *spatial, channels)`, of images and volumes from 0 to 1.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    starts = range(0, len(images), IMAGES_PER_ROW)
    rows = {f"from {start + 1}": images[start : start + IMAGES_PER_ROW] for start in starts}
    return draw_image_grid(rows, min_side=SMALL)
