"""Where the outputs of tiles are added up."""

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_cae.tiling.mapped import release_pages
from keras_cae.tiling.tile_axis import TileAxis


class Canvas:
    """Adds the weighted outputs of tiles up, in rows of tiles from the first to the last.

    Sums are taken in the array that is written to, if it has the type of the outputs. Else, since integers can't hold
    parts of sums, they are taken in memory, as many rows as a tile has, and written when they are complete.

    Args:
        target: the array to write to, of the shape of all outputs.
        axes: the tiles along each axis.
        dtype: the type of the outputs.
        converted: makes values for the target of complete rows; None if they are of its type.
    """

    def __init__(
        self, target: Any, axes: list[TileAxis], dtype: np.dtype, converted: Callable[[np.ndarray], np.ndarray] | None
    ) -> None:
        self.target = target
        self.axes = axes
        self.dtype = dtype
        self.converted = converted
        self._begun = slice(0, 0)
        self._rows: Any = np.zeros((0, *target.shape[1:]), dtype)

    def add(self, index: tuple[int, ...], values: np.ndarray) -> None:
        """Add the outputs of the tile with an index along each axis. Those of the first axis never decrease."""
        rows = self.axes[0].outputs(index[0])
        self._begin(rows)
        places, inner = [], []
        for number, (axis, position) in enumerate(zip(self.axes, index, strict=True)):
            outputs, weights = axis.outputs(position), axis.weights(position)
            counting = np.flatnonzero(weights)
            first, last = int(counting[0]), int(counting[-1]) + 1
            start = outputs.start - (self._begun.start if number == 0 else 0)
            places.append(slice(start + first, start + last))
            inner.append(slice(first, last))
        values = values[tuple(inner)]
        for number, (axis, position) in enumerate(zip(self.axes, index, strict=True)):
            weights = axis.weights(position)[inner[number]]
            if (weights != 1).any():
                values = values * weights.reshape(-1, *[1] * (values.ndim - 1 - number)).astype(self.dtype)
        self._rows[tuple(places)] += values

    def _begin(self, rows: slice) -> None:
        """Complete the rows before those of a tile, and make place for those."""
        if rows == self._begun:
            return
        self._write(rows.start)
        if self.converted is None:
            self.target[self._begun.stop : rows.stop] = 0
            self._rows = self.target[rows]
        else:
            kept = self._rows[rows.start - self._begun.start :]
            fresh = np.zeros((rows.stop - rows.start - len(kept), *self.target.shape[1:]), self.dtype)
            self._rows = np.concatenate([kept, fresh])
        self._begun = rows

    def _write(self, stop: int) -> None:
        if self.converted is not None:
            complete = self._rows[: stop - self._begun.start]
            self.target[self._begun.start : stop] = self.converted(complete)
        release_pages(self.target)

    def finish(self) -> None:
        """Complete all rows."""
        self._write(self._begun.stop)
