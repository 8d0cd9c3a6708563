"""Errors relative to the complexity of the image."""

import math
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_cae.anomaly.mahalanobis import Gaussian, distance
from keras_cae.anomaly.score import Run, Score
from keras_cae.anomaly.seen import Seen, pixel_axes
from keras_cae.comparison import spatial_axes
from keras_cae.validation import boolean, finite_float

SMALLEST = 1e-12
"""The lower bound of the arguments of logarithms."""


def exponent(value: Any, name: str) -> float | str:
    """Validate the exponent: a number, or "fitted"."""
    return "fitted" if isinstance(value, str) and value == "fitted" else finite_float(value, name)


@keras.saving.register_keras_serializable(package="keras_cae")
class RelativeScore(Score):
    """Scores how much larger the error is than expected from the complexity of the image; by name "relative".

        relative = log(error) − exponent · log(mean squared gradient)

    Complex images are reconstructed worse than plain images, whether normal or not (compare Serrà et al. 2020, "Input
    complexity and out-of-distribution detection with likelihood-based generative models"). The error is the pooled map
    of squared errors, which is also the detector's map.

    With `typicality`, the score is the standardized relative error plus the Mahalanobis distance of four statistics of
    the image from those of normal images: the relative error, and the logarithms of the mean squared gradient, the mean
    squared curvature and the variance. Images that are plainer, more complex or coarser than normal images are then
    anomalous too.

    Gradients, curvatures and variances are clipped to at least the smallest values of normal images, so that the scores
    of blank images are finite.

    Args:
        exponent: exponent of the gradient, or "fitted" for the exponent with which the gradient best explains the error
            in normal images, by least squares.
        typicality: whether the Mahalanobis distance is added.
        **kwargs: arguments of `keras.layers.Layer`.

    Raises:
        ValueError: `exponent` is neither a number nor "fitted", or `typicality` neither True nor False.

    Example:

    >>> score = keras_cae.anomaly.RelativeScore(exponent="fitted", typicality=False)
    >>> score.exponent
    'fitted'
    """

    learns = True
    rules: ClassVar = {"exponent": exponent, "typicality": boolean}

    def __init__(self, *, exponent: float | str = 1.0, typicality: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(exponent=exponent, typicality=typicality)

    def prepare(self, autoencoder: Any, image_shape: Any) -> None:
        self.floors = self.statistic("floors", (3,), SMALLEST)
        self.used_exponent = self.statistic("exponent", (), 1.0)
        self.mean = self.statistic("mean", (4,))
        self.precision = self.statistic("precision", (4, 4))
        self.deviation = self.statistic("deviation", (), 1.0)

    def fit(self, run: Run) -> None:
        numbers = np.concatenate(list(run(_statistics_of))).astype("float64")
        floors = np.maximum(numbers[:, 1:].min(axis=0), SMALLEST)
        logarithms = np.log(np.maximum(numbers, [SMALLEST, *floors]))
        power = _slope(logarithms[:, 1], logarithms[:, 0]) if self.exponent == "fitted" else self.exponent
        logarithms[:, 0] -= power * logarithms[:, 1]
        gaussian = Gaussian()
        gaussian.add(logarithms)
        self.floors.assign(floors)
        self.used_exponent.assign(power)
        self.mean.assign(gaussian.mean)
        self.precision.assign(gaussian.precision())
        self.deviation.assign(max(np.std(logarithms[:, 0]), math.sqrt(SMALLEST)))

    def image_scores(self, seen: Seen, error_map: Any) -> Any:
        numbers = _statistics_of(seen)
        error = ops.log(ops.maximum(numbers[:, 0], SMALLEST))
        others = ops.log(ops.maximum(numbers[:, 1:], self.floors))
        relative = error - self.used_exponent * others[:, 0]
        if not self.typicality:
            return relative
        vectors = ops.concatenate([relative[:, None], others], axis=1)
        unusual = ops.sqrt(ops.maximum(distance(vectors, self.mean, self.precision), 0.0))
        return (relative - self.mean[0]) / self.deviation + unusual


def _statistics_of(seen: Seen) -> Any:
    """Return the error, the mean squared gradient and curvature, and the variance of each image: `(n, 4)`."""
    images = seen.images
    axes = spatial_axes(images)
    means = ops.mean(images, axis=axes, keepdims=True)
    variance = ops.mean(ops.square(images - means), axis=pixel_axes(images))
    steps = {axis: _differences(images, axis) for axis in axes}
    gradient = sum(_mean_square(step) for step in steps.values())
    curvature = sum(_mean_square(_differences(step, axis)) for axis, step in steps.items())
    return ops.stack([seen.pool(seen.squared_errors), gradient, curvature, variance], axis=1)


def _differences(images: Any, axis: int) -> Any:
    """Return the differences between neighbours along an axis."""
    before = [slice(None)] * len(images.shape)
    after = list(before)
    before[axis], after[axis] = slice(None, -1), slice(1, None)
    return images[tuple(after)] - images[tuple(before)]


def _mean_square(values: Any) -> Any:
    """Return the mean square of each image's values; 0 if there are none."""
    axes = pixel_axes(values)
    count = ops.prod(ops.convert_to_tensor(ops.shape(values)[1:]))
    return ops.sum(ops.square(values), axis=axes) / ops.cast(ops.maximum(count, 1), "float32")


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    """Return the slope of the least-squares line; 0 if all `x` are equal."""
    x = x - x.mean()
    spread = np.sum(x**2)
    return float(np.sum(x * (y - y.mean())) / spread) if spread > 0 else 0.0
