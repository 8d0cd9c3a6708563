"""The calibration of a detector, stored as weights of a layer."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.anomaly.statistic import statistic
from keras_cae.validation import finite_float

KEPT_SCORES = 10_000
"""The maximum number of stored scores of normal images. If there are more, evenly spaced quantiles are stored."""
THRESHOLDS = ("threshold", "map_threshold")


@keras.saving.register_keras_serializable(package="keras_cae")
class Calibration(keras.layers.Layer):
    """Stores both thresholds and the scores of normal images, which determine probabilities."""

    built: bool

    def build(self, input_shape: Any = None) -> None:
        self.thresholds = statistic(self, "thresholds", (2,), np.inf)
        self.count = statistic(self, "count", (), 0.0)
        # In ascending order. Unused entries are infinite, so that no score is larger.
        self.normal_scores = statistic(self, "normal_scores", (KEPT_SCORES,), np.inf)
        self.built = True

    @property
    def is_done(self) -> bool:
        """Whether the detector is calibrated."""
        return self.built and bool(float(self.count.numpy()) > 0)

    def check_done(self) -> None:
        """Raise a `ValueError` if the detector is not calibrated."""
        if not self.is_done:
            raise ValueError(
                "The detector is not calibrated: before scoring images, call detector.calibrate(normal_images) with "
                "images that are known to be normal."
            )

    def store(self, scores: np.ndarray, threshold: float, map_threshold: float) -> None:
        """Store the scores of normal images and both thresholds."""
        ordered = np.sort(scores)
        if len(ordered) > KEPT_SCORES:
            ordered = np.quantile(ordered, np.linspace(0, 1, KEPT_SCORES))
        kept = np.full(KEPT_SCORES, np.inf, "float32")
        kept[: len(ordered)] = ordered
        self.normal_scores.assign(kept)
        self.count.assign(len(scores))
        self.thresholds.assign([threshold, map_threshold])

    def probability(self, scores: Any) -> Any:
        """Return the share of normal images with a smaller score, for each score."""
        # Counts smaller scores instead of a binary search, which export formats do not support.
        smaller = ops.sum(ops.cast(self.normal_scores.value < scores[:, None], "float32"), axis=-1)
        return smaller / ops.minimum(self.count.value, float(KEPT_SCORES))

    def spread(self) -> float:
        """Return the difference between the largest and the smallest score of a normal image."""
        scores = self.normal_scores.numpy()
        return float(np.ptp(scores[np.isfinite(scores)]))

    def threshold(self, name: str) -> float:
        """Return the threshold with a name of `THRESHOLDS`."""
        self.check_done()
        return float(self.thresholds.numpy()[THRESHOLDS.index(name)])

    def set_threshold(self, name: str, value: float) -> None:
        """Set the threshold with a name of `THRESHOLDS`."""
        value = finite_float(value, name)
        self.check_done()
        thresholds = self.thresholds.numpy()
        thresholds[THRESHOLDS.index(name)] = value
        self.thresholds.assign(thresholds)
