"""The canvas on which the outputs of tiles are summed."""

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_cae.tiling.mapped import release_pages
from keras_cae.tiling.tile_axis import TileAxis


class Canvas:
    """Sums the weighted outputs of tiles, which must be added in the order of the first axis.

    If the target array has the type of the outputs, the sums are computed in it. Otherwise, because integers can't
    store partial sums, the rows of the current tiles are summed in memory, and converted and written when they are
    complete.

    Args:
        target: the array to write to, with the shape of all outputs.
        axes: the tiles along each axis.
        dtype: type of the outputs.
        converted: converts complete rows to values of the target; None if no conversion is needed.
    """

    def __init__(
        self, target: Any, axes: list[TileAxis], dtype: np.dtype, converted: Callable[[np.ndarray], np.ndarray] | None
    ) -> None:
        self.target = target
        self.axes = axes
        self.dtype = dtype
        self.converted = converted
        self._current = slice(0, 0)
        self._rows: Any = np.zeros((0, *target.shape[1:]), dtype)

    def add(self, index: tuple[int, ...], values: np.ndarray) -> None:
        """Add the outputs of a tile, given its index along each axis. The first index must never decrease."""
        rows = self.axes[0].outputs(index[0])
        self._advance_to(rows)
        places, inner = [], []
        for number, (axis, position) in enumerate(zip(self.axes, index, strict=True)):
            outputs, weights = axis.outputs(position), axis.weights(position)
            counting = np.flatnonzero(weights)
            first, last = int(counting[0]), int(counting[-1]) + 1
            start = outputs.start - (self._current.start if number == 0 else 0)
            places.append(slice(start + first, start + last))
            inner.append(slice(first, last))
        values = values[tuple(inner)]
        for number, (axis, position) in enumerate(zip(self.axes, index, strict=True)):
            weights = axis.weights(position)[inner[number]]
            if (weights != 1).any():
                values = values * weights.reshape(-1, *[1] * (values.ndim - 1 - number)).astype(self.dtype)
        self._rows[tuple(places)] += values

    def _advance_to(self, rows: slice) -> None:
        """Write the rows that precede the rows of the next tile, and make room for the latter."""
        if rows == self._current:
            return
        self._write(rows.start)
        if self.converted is None:
            self.target[self._current.stop : rows.stop] = 0
            self._rows = self.target[rows]
        else:
            incomplete = self._rows[rows.start - self._current.start :]
            new = np.zeros((rows.stop - rows.start - len(incomplete), *self.target.shape[1:]), self.dtype)
            self._rows = np.concatenate([incomplete, new])
        self._current = rows

    def _write(self, stop: int) -> None:
        if self.converted is not None:
            complete = self._rows[: stop - self._current.start]
            self.target[self._current.start : stop] = self.converted(complete)
        release_pages(self.target)

    def finish(self) -> None:
        """Write the remaining rows."""
        self._write(self._current.stop)
