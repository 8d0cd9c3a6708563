"""Scoring in half precision with the same decisions as in float32."""

from typing import Any

import numpy as np

from keras_cae.anomaly import AnomalyDetector
from keras_cae.precision import in_precision

NEAR = 0.05
"""The distance from the threshold, as a fraction of it, within which scores are computed again in float32."""


class HalfPrecision:
    """Scores images in half precision, and scores those near the threshold again in float32.

    In half precision, most scores differ by some tenths of a percent from those in float32, and a few by several
    percent.

    Args:
        detector: the detector, which computes in float32.
        policy: "mixed_bfloat16" or "mixed_float16".
    """

    def __init__(self, detector: AnomalyDetector, policy: str) -> None:
        self._exact, self._fast = detector, in_precision(detector, policy)
        self._fast.threshold = detector.threshold

    def predict(self, images: np.ndarray, batch_size: int) -> dict[str, np.ndarray]:
        """Return the same results as the detector's `predict`.

        Args:
            images: the images.
            batch_size: number of images in a batch.
        """
        found = self._fast.predict(images, batch_size=batch_size)
        threshold = self._exact.threshold
        near = np.flatnonzero(np.abs(found["score"] - threshold) <= NEAR * abs(threshold))
        if near.size:
            exact: dict[str, Any] = self._exact.predict(images[near], batch_size=batch_size)
            for name, values in exact.items():
                found[name][near] = values
        return found
