"""The mean and covariance of vectors, computed batch by batch, and the Mahalanobis distance."""

from typing import Any

import numpy as np
from keras import ops

from keras_cae.anomaly.running_sums import RunningSums


class Gaussian(RunningSums):
    """The mean and the shrunk covariance of vectors, `(n, values)`, that are added batch by batch."""

    def products(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of the products of all pairs of values."""
        return np.asarray(values.T @ values)

    def covariance(self) -> np.ndarray:
        """Return the covariance, shrunk towards the mean variance times the identity.

        The amount depends on the number of vectors: it is the oracle approximating shrinkage of Chen et al. 2010.
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
        """Return the inverse of the covariance, which is finite even if all vectors are equal."""
        covariance = self.covariance()
        smallest = 1e-12 + 1e-9 * np.trace(covariance) / len(covariance)
        return np.linalg.inv(covariance + smallest * np.eye(len(covariance)))


def distance(vectors: Any, mean: Any, precision: Any) -> Any:
    """Return the squared Mahalanobis distance of each vector, `(n,)`."""
    offsets = vectors - mean
    return ops.sum(ops.matmul(offsets, precision) * offsets, axis=-1)
