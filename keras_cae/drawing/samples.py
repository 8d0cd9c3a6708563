"""Pictures of generated images."""

import numpy as np

from keras_cae.drawing.grid_canvas import GridCanvas
from keras_cae.drawing.pictures import picture_rows
from keras_cae.drawing.thumbnails import SMALL

IMAGES_PER_ROW = 8


def draw_samples(images: np.ndarray) -> np.ndarray:
    """Draw images row by row, without names.

    Args:
        images: floats `(n, *spatial, channels)`, from 0 to 1 for images and volumes.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    starts = range(0, len(images), IMAGES_PER_ROW)
    rows = picture_rows({str(start): images[start : start + IMAGES_PER_ROW] for start in starts}, min_side=SMALL)
    columns = max(len(row.pictures) for row in rows)
    canvas = GridCanvas(columns, image_width=max(row.pictures.shape[2] for row in rows), names=[])
    for row in rows:
        canvas.add_images({}, row.pictures)
    return canvas.picture()
