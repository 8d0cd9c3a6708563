"""The mean and standard deviation of arrays, computed batch by batch."""

import numpy as np

from keras_cae.anomaly.running_sums import RunningSums


class Moments(RunningSums):
    """The mean and standard deviation over the first axis of arrays that are added batch by batch."""

    def products(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of squares."""
        return np.asarray(np.square(values).sum(axis=0))

    @property
    def deviation(self) -> np.ndarray:
        """The standard deviation."""
        return np.sqrt(np.maximum(self._products / self.count - (self._sum / self.count) ** 2, 0.0))
