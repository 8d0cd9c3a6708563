"""Scores in half precision whose decisions are those of float32."""

from typing import Any

import numpy as np

from keras_cae.anomaly import AnomalyDetector
from keras_cae.precision import in_precision

NEAR = 0.05
"""How far from the threshold, as a share of it, scores in half precision are not trusted."""


class HalfPrecision:
    """Scores images in half precision, and those near the threshold in the precision of the detector again.

    Scores of images, and so the threshold, differ by some tenths of a percent from those in float32, and of a few
    images by several percent.

    Args:
        detector: the detector, which computes in float32.
        policy: "mixed_bfloat16" or "mixed_float16".
    """

    def __init__(self, detector: AnomalyDetector, policy: str) -> None:
        self._exact, self._fast = detector, in_precision(detector, policy)
        self._fast.threshold = detector.threshold

    def predict(self, images: np.ndarray, batch_size: int) -> dict[str, np.ndarray]:
        """What the detector's `predict` returns.

        Args:
            images: a batch.
            batch_size: how many are taken at once.
        """
        found = self._fast.predict(images, batch_size=batch_size)
        threshold = self._exact.threshold
        near = np.flatnonzero(np.abs(found["score"] - threshold) <= NEAR * abs(threshold))
        if near.size:
            exact: dict[str, Any] = self._exact.predict(images[near], batch_size=batch_size)
            for name, values in exact.items():
                found[name][near] = values
        return found
