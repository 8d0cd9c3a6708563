"""Where tiles lie along one axis, and how much each counts where they overlap."""

import functools

import numpy as np

from keras_cae.tiling.field import Reach


class TileAxis:
    """The tiles along one axis of an image, and their weights, which add up to one everywhere.

    All tiles have the same length. It has the remainder of the image's when divided by the period of the network, so
    that all tiles start on multiples of the period and the last one ends where the image ends: strides and paddings
    fall on the same pixels as in the whole image.

    Args:
        size: pixels of the image.
        tile: pixels of a tile, at least; a tile that is not smaller than the image is the image.
        overlap: how many pixels neighbours have in common, at least.
        period: by how many pixels the image can be shifted without a change of the outputs but their shift.
        cell: how many pixels an output stands for.
        reach: how far before and after an output lie the pixels that it depends on; None if it depends on all.
        blends: whether outputs are numbers of which means can be taken.
    """

    def __init__(
        self,
        size: int,
        tile: int,
        overlap: int,
        period: int,
        cell: int,
        reach: Reach | None = None,
        blends: bool = True,
    ) -> None:
        self.size = size
        self.tile = min(size, tile + (size - tile) % period)
        step = (self.tile - overlap) // period * period
        last = size - self.tile
        self.starts = (*range(0, last, step), last) if last else (0,)
        self.cell = cell
        self.reach = reach
        self.blends = blends

    @property
    def cells(self) -> int:
        """The number of outputs along the axis."""
        return -(-self.size // self.cell)

    def pixels(self, index: int) -> slice:
        """Return where a tile lies in the image."""
        return slice(self.starts[index], self.starts[index] + self.tile)

    def outputs(self, index: int) -> slice:
        """Return where the outputs of a tile lie among those of the image."""
        start = self.starts[index] // self.cell
        return slice(start, start + -(-self.tile // self.cell))

    def weights(self, index: int) -> np.ndarray:
        """Return how much each output of a tile counts; zero where it depends on pixels that the tile does not have."""
        cells = self.outputs(index)
        positions = np.arange(cells.start, cells.stop) + 0.5
        weights = np.ones(len(positions))
        if index:
            weights = _risen(positions, *self._transition(index - 1))
        if index + 1 < len(self.starts):
            weights = weights - _risen(positions, *self._transition(index))
        return weights.astype("float32")

    @functools.cached_property
    def _margins(self) -> tuple[int, int]:
        """How many outputs at the beginning and at the end of a tile need pixels that it does not have.

        None are counted where overlaps have no room for them: then whole overlaps are blended.
        """
        if self.reach is None:
            return 0, 0
        before = -(-self.reach.before // self.cell)
        after = -(-self.tile // self.cell) - 1 - (self.tile - 1 - self.reach.after) // self.cell
        overlaps = [self.outputs(index).stop - self.outputs(index + 1).start for index in range(len(self.starts) - 1)]
        return (before, after) if before + after <= min(overlaps, default=0) else (0, 0)

    def _transition(self, index: int) -> tuple[float, float]:
        """Return the positions between which the next tile takes over from a tile."""
        before, after = self._margins
        start, stop = self.outputs(index + 1).start + before, self.outputs(index).stop - after
        if self.blends:
            return start, stop
        middle = (start + stop) // 2
        return middle, middle


def _risen(positions: np.ndarray, start: float, stop: float) -> np.ndarray:
    """Return weights that rise linearly from 0 at `start` to 1 at `stop`."""
    if start == stop:
        return (positions > start).astype("float64")
    return np.clip((positions - start) / (stop - start), 0.0, 1.0)
