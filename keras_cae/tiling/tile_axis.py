"""The positions of tiles along one axis, and their weights where they overlap."""

import functools

import numpy as np

from keras_cae.tiling.field import Reach


class TileAxis:
    """The tiles along one axis of an image, and their weights, whose sum is one everywhere.

    All tiles have the same length, which equals the length of the image modulo the period of the network. All tiles
    therefore start at multiples of the period, and the last tile ends where the image ends, so that strides and padding
    affect the same pixels as in the whole image.

    Args:
        size: length of the image in pixels.
        tile: minimum length of a tile; a tile that is not smaller than the image is the whole image.
        overlap: minimum number of pixels that neighbouring tiles share.
        period: the shift of images in pixels that only shifts the outputs.
        cell: number of pixels per output.
        reach: the receptive field of an output; None if it is unlimited or unknown.
        blends: whether outputs can be averaged.
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
        """Return the position of a tile in the image."""
        return slice(self.starts[index], self.starts[index] + self.tile)

    def outputs(self, index: int) -> slice:
        """Return the position of a tile's outputs in the outputs of the image."""
        start = self.starts[index] // self.cell
        return slice(start, start + -(-self.tile // self.cell))

    def weights(self, index: int) -> np.ndarray:
        """Return the weight of each output of a tile; zero for outputs that depend on pixels outside the tile."""
        cells = self.outputs(index)
        positions = np.arange(cells.start, cells.stop) + 0.5
        weights = np.ones(len(positions))
        if index:
            weights = _ramp(positions, *self._transition(index - 1))
        if index + 1 < len(self.starts):
            weights = weights - _ramp(positions, *self._transition(index))
        return weights.astype("float32")

    @functools.cached_property
    def _margins(self) -> tuple[int, int]:
        """The number of outputs at the beginning and at the end of a tile that depend on pixels outside of it.

        If the overlaps are too small to omit these outputs, they are (0, 0), and the whole overlaps are blended.
        """
        if self.reach is None:
            return 0, 0
        before = -(-self.reach.before // self.cell)
        after = -(-self.tile // self.cell) - 1 - (self.tile - 1 - self.reach.after) // self.cell
        overlaps = [self.outputs(index).stop - self.outputs(index + 1).start for index in range(len(self.starts) - 1)]
        return (before, after) if before + after <= min(overlaps, default=0) else (0, 0)

    def _transition(self, index: int) -> tuple[float, float]:
        """Return the positions between which weights move from a tile to the next tile."""
        before, after = self._margins
        start, stop = self.outputs(index + 1).start + before, self.outputs(index).stop - after
        if self.blends:
            return start, stop
        middle = (start + stop) // 2
        return middle, middle


def _ramp(positions: np.ndarray, start: float, stop: float) -> np.ndarray:
    """Return weights that rise linearly from 0 at `start` to 1 at `stop`."""
    if start == stop:
        return (positions > start).astype("float64")
    return np.clip((positions - start) / (stop - start), 0.0, 1.0)
