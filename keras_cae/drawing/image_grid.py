"""Pictures of rows of examples with names."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from keras_cae.drawing.grid_canvas import GridCanvas
from keras_cae.drawing.pictures import MAX_ERROR, SIGNALS, in_blocks, picture_rows
from keras_cae.drawing.thumbnails import MEDIUM
from keras_cae.kinds import rank_of

__all__ = ["MAX_ERROR", "ImageGrid", "draw_image_grid"]

SIGNALS_PER_BLOCK = 3
"""The number of signals side by side. Curves need more space than images."""
SIGNAL_TEXT = 15
"""The text size beside curves in pixels, which matches the numbers at their axes."""


class ImageGrid(NamedTuple):
    """The arguments of `draw_image_grid`."""

    rows: Mapping[str, np.ndarray]
    error: np.ndarray | None = None
    captions: Mapping[str, Sequence[str]] | None = None
    min_side: int = MEDIUM


def draw_image_grid(
    rows: Mapping[str, np.ndarray],
    error: np.ndarray | None = None,
    captions: Mapping[str, Sequence[str]] | None = None,
    min_side: int = MEDIUM,
) -> np.ndarray:
    """Draw named rows of signals, images or volumes on white, with one column per example.

    Args:
        rows: the examples of each row by its name, `(n, *spatial, channels)`, from 0 to 1 for images and volumes;
            `picture_rows` describes how they are shown.
        error: absolute errors `(n, *spatial)`, for a row "error" on a scale that ends with `MAX_ERROR`.
        captions: the texts of each row of captions by its name, one per example.
        min_side: the minimum of the longer side of an image in the picture, in pixels.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    pictured, captions = picture_rows(rows, error, min_side), captions or {}
    columns = max(len(row.pictures) for row in pictured)
    curves = any(rank_of(batch) == SIGNALS for batch in rows.values())
    per_block = min(columns, SIGNALS_PER_BLOCK) if curves and error is not None else columns
    canvas = GridCanvas(
        columns=per_block,
        image_width=max(row.pictures.shape[2] for row in pictured),
        names=[*(name for row in pictured for name in row.names), *captions],
        text_size=SIGNAL_TEXT if curves else None,
    )
    for number, block in enumerate(in_blocks(pictured, per_block)):
        for row in block:
            canvas.add_images(row.names, row.pictures, row.scale)
        for name, texts in captions.items():
            canvas.add_texts(name, texts[number * per_block : (number + 1) * per_block])
    return canvas.picture()
