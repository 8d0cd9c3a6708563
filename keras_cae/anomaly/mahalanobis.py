"""Mean and covariance of many vectors, of which a batch is in memory, and distances from them."""

from typing import Any

import numpy as np
from keras import ops


class Gaussian:
    """The mean and the shrunk covariance of vectors, `(n, values)`, that are added batch by batch."""

    def __init__(self) -> None:
        self.count = 0
        self._origin: Any = None
        self._sum: Any = 0.0
        self._products: Any = 0.0

    def add(self, vectors: np.ndarray) -> None:
        """Take a batch into account."""
        vectors = vectors.astype("float64")
        if self._origin is None:
            # Sums of squares around some point of the data do not lose digits where values are large.
            self._origin = vectors.mean(axis=0)
        vectors = vectors - self._origin
        self.count += len(vectors)
        self._sum = self._sum + vectors.sum(axis=0)
        self._products = self._products + vectors.T @ vectors

    @property
    def mean(self) -> np.ndarray:
        """The mean vector."""
        return np.asarray(self._origin + self._sum / self.count)

    def covariance(self) -> np.ndarray:
        """The covariance, shrunk towards the mean variance times the identity.

        By how much follows from the number of vectors: the oracle approximating shrinkage of Chen et al. 2010.
        """
        offset = self._sum / self.count
        empirical = self._products / self.count - np.outer(offset, offset)
        size = len(empirical)
        variance = np.trace(empirical) / size
        squares = np.mean(empirical**2)
        spread = (self.count + 1) * (squares - variance**2 / size)
        shrinkage = 1.0 if spread <= 0 else min((squares + variance**2) / spread, 1.0)
        return np.asarray((1 - shrinkage) * empirical + shrinkage * variance * np.eye(size))

    def precision(self) -> np.ndarray:
        """The inverse of the covariance; finite where the vectors are all the same."""
        covariance = self.covariance()
        smallest = 1e-12 + 1e-9 * np.trace(covariance) / len(covariance)
        return np.linalg.inv(covariance + smallest * np.eye(len(covariance)))


def distance(vectors: Any, mean: Any, precision: Any) -> Any:
    """The squared Mahalanobis distance of each vector, `(n,)`."""
    offsets = vectors - mean
    return ops.sum(ops.matmul(offsets, precision) * offsets, axis=-1)
