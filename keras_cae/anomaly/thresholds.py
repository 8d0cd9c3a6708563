"""Computation of thresholds from the scores of normal or labelled images."""

import warnings
from typing import Any

import numpy as np
from keras import ops

from keras_cae.validation import one_of, positive_float, share

METHODS = ("quantile", "sigma", "f1", "youden")
LABELLED_METHODS = ("f1", "youden")
"""The methods that need anomalous images too."""


class ThresholdRule:
    """The rule by which thresholds are computed from scores.

    Args:
        method: one of `METHODS`.
        false_positive_rate: for "quantile", the largest share of the normal images that may be above the threshold.
        sigmas: for "sigma", the number of standard deviations above the mean.
        labels: True for anomalous images; None if there are none.

    Raises:
        ValueError: an argument is invalid, or labels are missing.
    """

    def __init__(self, method: str, false_positive_rate: float, sigmas: float, labels: Any) -> None:
        self.method = one_of(method, "method", METHODS)
        self.false_positive_rate = share(false_positive_rate, "false_positive_rate")
        self.sigmas = positive_float(sigmas, "sigmas")
        self.labels = labels
        if method not in LABELLED_METHODS and labels is None:
            return
        if labels is None:
            raise ValueError(
                f"method={method!r} needs labels, 1 for anomalous images and 0 for normal images. Without labels, use "
                "'quantile' or 'sigma'."
            )
        if labels.all():
            raise ValueError("labels must be 0 for some of the images, because calibrate needs normal images.")
        if method in LABELLED_METHODS and not labels.any():
            warnings.warn(
                f"method={method!r} needs anomalous images, but there are none. The threshold is set by 'quantile' "
                "instead.",
                stacklevel=3,
            )
            self.method = "quantile"

    def image_threshold(self, scores: np.ndarray) -> float:
        """Return the score above which images are anomalous, given the scores of all images."""
        if self.method in LABELLED_METHODS:
            return _best_split(scores, self.labels, self.method)
        return self._threshold_of_normal(scores)

    def map_threshold(self, largest: np.ndarray) -> float:
        """Return the value above which pixels are anomalous, given the largest value in the map of each image."""
        return self._threshold_of_normal(largest)

    def _threshold_of_normal(self, values: np.ndarray) -> float:
        normal = (values if self.labels is None else values[~self.labels]).astype("float64")
        if self.method == "sigma":
            return float(np.mean(normal) + self.sigmas * np.std(normal))
        return _quantile(normal, self.false_positive_rate)


def above(values: Any, threshold: Any) -> Any:
    """Return whether values are above a threshold. NaN counts as above."""
    return ops.logical_or(values > threshold, ops.isnan(values))


def _quantile(scores: np.ndarray, share_above: float) -> float:
    """Return the quantile by linear interpolation, raised if more than the share of the scores would be above it."""
    scores = np.sort(scores)
    allowed = int(np.floor(share_above * len(scores) + 1e-9))
    return float(max(np.quantile(scores, 1 - share_above), scores[len(scores) - 1 - allowed]))


def _best_split(scores: np.ndarray, labels: np.ndarray, method: str) -> float:
    """Return the threshold with the best F1 score or Youden index, in the middle between two scores."""
    order = np.argsort(-scores.astype("float64"), kind="stable")
    scores, labels = scores.astype("float64")[order], labels[order]
    found, false = np.cumsum(labels), np.cumsum(~labels)
    if method == "f1":
        quality = 2 * found / (found + false + labels.sum())
    else:
        quality = found / labels.sum() - false / max((~labels).sum(), 1)
    # Images with equal scores must be on the same side of the threshold.
    ends = np.append(scores[:-1] > scores[1:], True)
    best = int(np.argmax(np.where(ends, quality, -np.inf)))
    below = scores[best + 1] if best + 1 < len(scores) else np.nextafter(np.float32(scores[best]), -np.inf)
    return float((scores[best] + below) / 2)
