"""From scores of normal images, or of labelled ones, to a threshold."""

import warnings
from typing import Any

import numpy as np

METHODS = ("quantile", "sigma", "f1", "youden")
OF_LABELS = ("f1", "youden")
"""The methods that need anomalous images too."""


def threshold_for(scores: np.ndarray, labels: Any, method: str, false_positive_rate: float, sigmas: float) -> float:
    """The score above which an image is anomalous.

    Args:
        scores: of all images, `(n,)`.
        labels: True for anomalous ones; None if there are none.
        method: one of `METHODS`.
        false_positive_rate: of "quantile": the largest share of the normal images that may be above.
        sigmas: of "sigma": how many standard deviations above the mean.
    """
    normal = scores if labels is None else scores[~labels]
    if method in OF_LABELS and (labels is None or not labels.any()):
        warnings.warn(
            f"There are no anomalous images among those of calibrate, so the method {method!r} has nothing to choose "
            "by; the threshold is that of method='quantile'.",
            stacklevel=3,
        )
        method = "quantile"
    if method == "quantile":
        return _quantile(normal, false_positive_rate)
    if method == "sigma":
        return float(np.mean(normal, dtype="float64") + sigmas * np.std(normal, dtype="float64"))
    return _best_split(scores, labels, method)


def _quantile(scores: np.ndarray, share_above: float) -> float:
    """The quantile by linear interpolation, but never so low that more than the share are above."""
    scores = np.sort(scores.astype("float64"))
    allowed = int(np.floor(share_above * len(scores) + 1e-9))
    return float(max(np.quantile(scores, 1 - share_above), scores[len(scores) - 1 - allowed]))


def _best_split(scores: np.ndarray, labels: np.ndarray, method: str) -> float:
    """The threshold with the best F1 or the largest sum of both rates of success; in the middle of its gap."""
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
