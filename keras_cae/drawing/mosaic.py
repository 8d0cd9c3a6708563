"""Rows of pictures as one picture without texts, for those who write the texts themselves."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_cae.drawing.grid_canvas import framed


class Mosaic(NamedTuple):
    """Pictures in rows and columns.

    `picture` is `(height, width, 3)` uint8; `rows` has the place of the middle of each row in it, `columns` that of
    each column, in pixels.
    """

    picture: np.ndarray
    rows: list[float]
    columns: list[float]


def mosaic(rows: Sequence[np.ndarray], heights: Sequence[int], columns: int, column_width: int) -> Mosaic:
    """Lay out pictures on white, each with a frame and in the middle of its row and column.

    Args:
        rows: `(n, height, width, 3)` uint8, of at most `columns` pictures each.
        heights: heights of the rows in pixels; more than that of their pictures by at least `GAP`.
        columns: number of columns.
        column_width: their width in pixels; more than that of the widest picture by at least `GAP`.
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
    """Return pictures `(n, height, width, 3)` edge to edge, row by row; n is a multiple of `columns`."""
    n, height, width, channels = pictures.shape
    grid = pictures.reshape(n // columns, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(n // columns * height, columns * width, channels)
