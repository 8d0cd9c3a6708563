"""The scores of normal images that a detector has learned, as weights of a layer."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.anomaly.statistic import statistic
from keras_cae.validation import finite_float

KEPT_SCORES = 10_000
"""Of up to how many normal images all scores are kept; of more, as many evenly spaced quantiles."""
THRESHOLDS = ("threshold", "map_threshold")


@keras.saving.register_keras_serializable(package="keras_cae")
class Calibration(keras.layers.Layer):
    """Holds both thresholds, and the scores of normal images, which determine probabilities."""

    built: bool

    def build(self, input_shape: Any = None) -> None:
        self.thresholds = statistic(self, "thresholds", (2,), np.inf)
        self.count = statistic(self, "count", (), 0.0)
        # Ascending; what is not used is infinite, so that no score is above it.
        self.normal_scores = statistic(self, "normal_scores", (KEPT_SCORES,), np.inf)
        self.built = True

    @property
    def is_done(self) -> bool:
        """Whether the scores of normal images have been learned."""
        return self.built and bool(float(self.count.numpy()) > 0)

    def check_done(self) -> None:
        """Raise a `ValueError` unless the scores of normal images have been learned."""
        if not self.is_done:
            raise ValueError(
                "The detector is not calibrated: call detector.calibrate(normal_images), with images that are known to "
                "be normal, before it can score others."
            )

    def learn(self, scores: np.ndarray, threshold: float, map_threshold: float) -> None:
        """Set the scores of normal images, and both thresholds."""
        ordered = np.sort(scores)
        if len(ordered) > KEPT_SCORES:
            ordered = np.quantile(ordered, np.linspace(0, 1, KEPT_SCORES))
        kept = np.full(KEPT_SCORES, np.inf, "float32")
        kept[: len(ordered)] = ordered
        self.normal_scores.assign(kept)
        self.count.assign(len(scores))
        self.thresholds.assign([threshold, map_threshold])

    def probability(self, scores: Any) -> Any:
        """Return the share of the normal images with a smaller score, for each of some scores."""
        # Counted, not searched for: the formats of exports have no binary search.
        smaller = ops.sum(ops.cast(self.normal_scores.value < scores[:, None], "float32"), axis=-1)
        return smaller / ops.minimum(self.count.value, float(KEPT_SCORES))

    def threshold(self, name: str) -> float:
        """Return the threshold of a name."""
        self.check_done()
        return float(self.thresholds.numpy()[THRESHOLDS.index(name)])

    def set_threshold(self, name: str, value: float) -> None:
        """Change the threshold of a name."""
        value = finite_float(value, name)
        self.check_done()
        thresholds = self.thresholds.numpy()
        thresholds[THRESHOLDS.index(name)] = value
        self.thresholds.assign(thresholds)
