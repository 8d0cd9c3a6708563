"""Rows of pictures as one picture without texts, for those who write the texts themselves."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_cae.drawing.grid_canvas import GAP, framed


class Mosaic(NamedTuple):
    """Pictures in rows and columns.

    `picture` is `(height, width, 3)` uint8; `rows` has the place of the middle of each row in it, `columns` that of
    each column, in pixels.
    """

    picture: np.ndarray
    rows: list[float]
    columns: list[float]


def mosaic(rows: Sequence[np.ndarray], columns: int, column_width: int) -> Mosaic:
    """Lay out pictures on white, each with a frame and in the middle of its column.

    Args:
        rows: `(n, height, width, 3)` uint8, of at most `columns` pictures each.
        columns: number of columns.
        column_width: their width in pixels; more than that of the widest picture by at least `GAP`.
    """
    height = sum(row.shape[1] + GAP for row in rows)
    canvas = np.full((height, columns * column_width, 3), 255, "uint8")
    top, middles = 0, []
    for row in rows:
        middles.append(top + (row.shape[1] + GAP) / 2)
        for column, picture in enumerate(row):
            tile = framed(picture)
            left = column * column_width + (column_width - tile.shape[1]) // 2
            canvas[top + 1 : top + 1 + tile.shape[0], left : left + tile.shape[1]] = tile
        top += row.shape[1] + GAP
    return Mosaic(canvas, middles, [(column + 0.5) * column_width for column in range(columns)])


def tiled(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Return pictures `(n, height, width, 3)` edge to edge, row by row; n is a multiple of `columns`."""
    n, height, width, channels = pictures.shape
    grid = pictures.reshape(n // columns, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(n // columns * height, columns * width, channels)
