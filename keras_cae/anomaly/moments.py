"""Mean and deviation of many arrays, of which a batch is in memory."""

from typing import Any

import numpy as np


class Moments:
    """Mean and standard deviation over the first axis of arrays that are added batch by batch."""

    def __init__(self) -> None:
        self.count = 0
        self._origin: Any = None
        self._sum: Any = 0.0
        self._squares: Any = 0.0

    def add(self, values: np.ndarray) -> None:
        """Take a batch into account."""
        values = values.astype("float64")
        if self._origin is None:
            # Squares around some point of the data do not lose digits where values are large.
            self._origin = values.mean(axis=0)
        values = values - self._origin
        self.count += len(values)
        self._sum = self._sum + values.sum(axis=0)
        self._squares = self._squares + np.square(values).sum(axis=0)

    @property
    def mean(self) -> np.ndarray:
        """The mean."""
        return np.asarray(self._origin + self._sum / self.count)

    @property
    def deviation(self) -> np.ndarray:
        """The standard deviation."""
        return np.sqrt(np.maximum(self._squares / self.count - (self._sum / self.count) ** 2, 0.0))
