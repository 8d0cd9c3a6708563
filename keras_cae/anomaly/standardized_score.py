"""Errors relative to the errors of normal images at the same position."""

from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_cae.anomaly.moments import Moments
from keras_cae.anomaly.score import Run, Score
from keras_cae.anomaly.seen import Seen
from keras_cae.validation import positive_float


@keras.saving.register_keras_serializable(package="keras_cae")
class StandardizedScore(Score):
    """The absolute error of each pixel, standardized by that of normal images at this position; by name "standardized".

    It suits objects that have the same position in all images: their edges, which are never reconstructed well, no
    longer count.

    Args:
        floor: constant that is added to the deviation of each pixel, as a fraction of the mean deviation over all
            pixels, so that constant pixels have finite scores.
        **kwargs: arguments of `keras.layers.Layer`.

    Raises:
        ValueError: `floor` is not a finite number above zero, or the size of the images is unknown.

    Example:

    >>> keras_cae.anomaly.StandardizedScore(floor=0.2).floor
    0.2
    """

    learns = True
    compares_places = True
    rules: ClassVar = {"floor": positive_float}

    def __init__(self, *, floor: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(floor=floor)

    def prepare(self, autoencoder: Any, image_shape: Any) -> None:
        if None in image_shape:
            raise ValueError(
                "The score 'standardized' compares pixels at the same position, so the size of the images must be "
                f"known, got the shape {image_shape}. Calibrate with an array or a dataset of known shape."
            )
        shape = tuple(image_shape[:-1])
        self.mean = self.statistic("mean", shape)
        self.deviation = self.statistic("deviation", shape, 1.0)

    def fit(self, run: Run) -> None:
        moments = Moments()
        for errors in run(_absolute_errors):
            moments.add(errors)
        deviation = moments.deviation
        self.mean.assign(moments.mean)
        self.deviation.assign(deviation + self.floor * np.mean(deviation) + keras.config.epsilon())

    def error_map(self, seen: Seen) -> Any:
        # Without an axis of channels, OpenVINO 2026.4 mixes up the images of a batch of signals.
        errors, mean, deviation = (
            ops.expand_dims(values, -1) for values in (seen.absolute_errors, self.mean, self.deviation)
        )
        return ops.squeeze((errors - mean) / deviation, -1)


def _absolute_errors(seen: Seen) -> Any:
    return seen.absolute_errors
