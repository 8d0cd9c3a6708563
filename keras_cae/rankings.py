"""Ranking metrics of scores, with or without weights, in NumPy.

The detectors and the plots use it.
"""

from typing import Any

import numpy as np


def curve(scores: Any, positive: Any, negative: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the ROC curve, from (0, 0) to (1, 1). Equal scores are one step of the curve.

    Args:
        scores: `(n,)`, larger for positive examples.
        positive: weight of each example as a positive one, `(n,)`.
        negative: weight of each example as a negative one, `(n,)`.

    Returns:
        The false-positive rates in ascending order, and the true-positive rates; NaN if all weights are zero.
    """
    order = np.argsort(-np.asarray(scores), kind="stable")
    scores = np.asarray(scores)[order]
    ends = np.append(scores[:-1] != scores[1:], True) if len(scores) else np.zeros(0, bool)
    found, false = (
        np.concatenate([[0.0], np.cumsum(np.asarray(weights, "float64")[order])[ends]])
        for weights in (positive, negative)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return false / false[-1], found / found[-1]


def area(x: np.ndarray, y: np.ndarray, limit: float = 1.0) -> float:
    """Return the area under a curve up to `limit`, divided by `limit`. The curve is interpolated at `limit`."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return float("nan")
    below = x <= limit
    x_up_to, y_up_to = x[below], y[below]
    if x_up_to[-1] < limit:
        x_up_to = np.append(x_up_to, limit)
        y_up_to = np.append(y_up_to, np.interp(limit, x, y))
    return float(np.sum(np.diff(x_up_to) * (y_up_to[1:] + y_up_to[:-1]) / 2) / limit)


def auroc(scores: Any, labels: Any) -> float:
    """Return the area under the ROC curve; NaN unless there are positive and negative examples."""
    labels = np.asarray(labels, bool)
    return area(*curve(scores, labels, ~labels))


def average_precision(scores: Any, labels: Any) -> float:
    """Return the average precision, as scikit-learn defines it; NaN if there are no positive examples."""
    labels = np.asarray(labels, bool)
    if not labels.any():
        return float("nan")
    order = np.argsort(-np.asarray(scores), kind="stable")
    scores, labels = np.asarray(scores)[order], labels[order]
    ends = np.append(scores[:-1] != scores[1:], True)
    found = np.cumsum(labels)[ends]
    precision = found / (np.flatnonzero(ends) + 1)
    return float(np.sum(np.diff(found, prepend=0) * precision) / labels.sum())
