"""Arrangement of rows of pictures as a single picture, to which the caller adds text."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_cae.drawing.grid_canvas import framed


class Mosaic(NamedTuple):
    """Pictures in rows and columns.

    `picture` is `(height, width, 3)` uint8. `rows` and `columns` contain the positions of the centres of the rows and
    columns in it, in pixels.
    """

    picture: np.ndarray
    rows: list[float]
    columns: list[float]


def mosaic(rows: Sequence[np.ndarray], heights: Sequence[int], columns: int, column_width: int) -> Mosaic:
    """Arrange framed pictures on white, centred in their rows and columns.

    Args:
        rows: `(n, height, width, 3)` uint8, of at most `columns` pictures each.
        heights: heights of the rows in pixels, which exceed those of their pictures by at least `GAP`.
        columns: number of columns.
        column_width: width of the columns in pixels, which exceeds that of the widest picture by at least `GAP`.
    """
    canvas = np.full((sum(heights), columns * column_width, 3), 255, "uint8")
    tops = np.cumsum([0, *heights[:-1]]).tolist()
    for row, top, height in zip(rows, tops, heights, strict=True):
        for column, picture in enumerate(row):
            tile = framed(picture)
            upper = top + (height - tile.shape[0]) // 2
            left = column * column_width + (column_width - tile.shape[1]) // 2
            canvas[upper : upper + tile.shape[0], left : left + tile.shape[1]] = tile
    middles = [top + height / 2 for top, height in zip(tops, heights, strict=True)]
    return Mosaic(canvas, middles, [(column + 0.5) * column_width for column in range(columns)])


def tiled(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Join pictures `(n, height, width, 3)` without gaps, row by row. `n` must be a multiple of `columns`."""
    n, height, width, channels = pictures.shape
    grid = pictures.reshape(n // columns, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(n // columns * height, columns * width, channels)
