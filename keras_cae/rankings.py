"""How well scores rank: areas under curves, of plain and of weighted examples, in NumPy."""

from typing import Any

import numpy as np


def curve(scores: Any, positive: Any, negative: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve of true against false positives, from (0, 0) to (1, 1); equal scores move together.

    Args:
        scores: `(n,)`, larger for positive examples.
        positive: how much each example counts as a positive one, `(n,)`.
        negative: how much each example counts as a negative one, `(n,)`.

    Returns:
        The rates of false positives, ascending, and of true positives. NaN where nothing counts.
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
    """Return the area under a curve up to `limit`, where it is interpolated, divided by `limit`."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return float("nan")
    below = x <= limit
    x_up_to, y_up_to = x[below], y[below]
    if x_up_to[-1] < limit:
        x_up_to = np.append(x_up_to, limit)
        y_up_to = np.append(y_up_to, np.interp(limit, x, y))
    return float(np.sum(np.diff(x_up_to) * (y_up_to[1:] + y_up_to[:-1]) / 2) / limit)


def auroc(scores: Any, labels: Any) -> float:
    """Return the area under the ROC curve; NaN unless there are both kinds."""
    labels = np.asarray(labels, bool)
    return area(*curve(scores, labels, ~labels))


def average_precision(scores: Any, labels: Any) -> float:
    """Return the mean precision over positive examples, as scikit-learn's; NaN if there are none."""
    labels = np.asarray(labels, bool)
    if not labels.any():
        return float("nan")
    order = np.argsort(-np.asarray(scores), kind="stable")
    scores, labels = np.asarray(scores)[order], labels[order]
    ends = np.append(scores[:-1] != scores[1:], True)
    found = np.cumsum(labels)[ends]
    precision = found / (np.flatnonzero(ends) + 1)
    return float(np.sum(np.diff(found, prepend=0) * precision) / labels.sum())
