"""Sums over arrays, computed batch by batch, from which moments are computed."""

import abc
from typing import Any

import numpy as np


class RunningSums(abc.ABC):
    """The number, the sum and sums of products of arrays that are added batch by batch along the first axis."""

    def __init__(self) -> None:
        self.count = 0
        self._origin: Any = None
        self._sum: Any = 0.0
        self._products: Any = 0.0

    @abc.abstractmethod
    def products(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over a batch of the products that second moments are computed from."""

    def add(self, values: np.ndarray) -> None:
        """Add a batch."""
        values = values.astype("float64")
        if self._origin is None:
            # Shifting by a point of the data avoids cancellation if the values are large.
            self._origin = values.mean(axis=0)
        values = values - self._origin
        self.count += len(values)
        self._sum = self._sum + values.sum(axis=0)
        self._products = self._products + self.products(values)

    @property
    def mean(self) -> np.ndarray:
        """The mean."""
        return np.asarray(self._origin + self._sum / self.count)
