"""Rows of images with their names."""

from collections.abc import Mapping, Sequence

import numpy as np

from keras_cae.drawing.grid_canvas import GridCanvas
from keras_cae.drawing.thumbnails import MEDIUM, heatmaps, thumbnails

MAX_ERROR = 0.5
"""The error at the end of the colormap: fixed, so that pictures of different epochs compare."""


def draw_image_grid(
    rows: Mapping[str, np.ndarray],
    error: np.ndarray | None = None,
    captions: Mapping[str, Sequence[str]] | None = None,
    min_side: int = MEDIUM,
) -> np.ndarray:
    """Draw rows of images on white, each with its name. A column belongs to one image.

    Args:
        rows: the images of each row by its name, `(n, height, width, channels)` with values from 0 to 1;
            `thumbnails` says how they are shown.
        error: absolute errors `(n, height, width)`, for a row "error" in colours from 0 to `MAX_ERROR`.
        captions: the texts of each row of captions by its name, one text for each image.
        min_side: the smallest longer side of an image in the picture, in pixels.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    tiles = {name: thumbnails(images, min_side) for name, images in rows.items()}
    captions = captions or {}
    canvas = GridCanvas(
        columns=max(len(row) for row in tiles.values()),
        image_width=max(row.shape[2] for row in tiles.values()),
        names=[*tiles, "error", *captions],
    )
    for name, row in tiles.items():
        canvas.add_images(name, row)
    if error is not None:
        canvas.add_images("error", heatmaps(error / MAX_ERROR, min_side), scale=MAX_ERROR)
    for name, texts in captions.items():
        canvas.add_texts(name, texts)
    return canvas.picture()
