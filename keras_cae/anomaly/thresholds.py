"""Thresholds from the scores of normal or labelled images."""

import warnings
from typing import Any

import numpy as np
from keras import ops

from keras_cae.validation import one_of, positive_float, share

METHODS = ("quantile", "sigma", "f1", "youden")
OF_LABELS = ("f1", "youden")
"""The methods that need anomalous images too."""


class ThresholdRule:
    """The rule by which thresholds follow from scores.

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
        if method not in OF_LABELS and labels is None:
            return
        if labels is None:
            raise ValueError(
                f"method={method!r} needs labels, 1 for anomalous images and 0 for normal ones; without, choose "
                "'quantile' or 'sigma'."
            )
        if labels.all():
            raise ValueError("labels must be 0 for some of the images: calibrate learns from normal ones.")
        if method in OF_LABELS and not labels.any():
            warnings.warn(
                f"There are no anomalous images by which method={method!r} could choose: the threshold is that of "
                "'quantile'.",
                stacklevel=3,
            )
            self.method = "quantile"

    def of_images(self, scores: np.ndarray) -> float:
        """Return the score above which images are anomalous, from those of all images."""
        if self.method in OF_LABELS:
            return _best_split(scores, self.labels, self.method)
        return self._of_normal(scores)

    def of_maps(self, largest: np.ndarray) -> float:
        """Return the value above which pixels are anomalous, from the largest value in the map of each image."""
        return self._of_normal(largest)

    def _of_normal(self, values: np.ndarray) -> float:
        normal = (values if self.labels is None else values[~self.labels]).astype("float64")
        if self.method == "sigma":
            return float(np.mean(normal) + self.sigmas * np.std(normal))
        return _quantile(normal, self.false_positive_rate)


def above(values: Any, threshold: Any) -> Any:
    """Return where values are above a threshold. NaN counts as above."""
    return ops.logical_or(values > threshold, ops.isnan(values))


def _quantile(scores: np.ndarray, share_above: float) -> float:
    """Return the quantile by linear interpolation, but never so low that more than the share are above."""
    scores = np.sort(scores)
    allowed = int(np.floor(share_above * len(scores) + 1e-9))
    return float(max(np.quantile(scores, 1 - share_above), scores[len(scores) - 1 - allowed]))


def _best_split(scores: np.ndarray, labels: np.ndarray, method: str) -> float:
    """Return the threshold with the best F1 or the largest sum of both rates of success; in the middle of its gap."""
    order = np.argsort(-scores.astype("float64"), kind="stable")
    scores, labels = scores.astype("float64")[order], labels[order]
    found, false = np.cumsum(labels), np.cumsum(~labels)
    if method == "f1":
        quality = 2 * found / (found + false + labels.sum())
    else:
        quality = found / labels.sum() - false / max((~labels).sum(), 1)
    # Images of equal scores are on the same side.
    ends = np.append(scores[:-1] > scores[1:], True)
    best = int(np.argmax(np.where(ends, quality, -np.inf)))
    below = scores[best + 1] if best + 1 < len(scores) else np.nextafter(np.float32(scores[best]), -np.inf)
    return float((scores[best] + below) / 2)
