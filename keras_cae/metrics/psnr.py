"""Peak signal-to-noise ratio."""

from typing import Any

import keras
from keras import ops

from keras_cae.metrics.image_metric import ImageMetric

SMALLEST_ERROR = 1e-10
"""Of the mean squared error, relative to the largest value squared: makes 100 dB the ceiling."""


@keras.saving.register_keras_serializable(package="keras_cae")
class PSNR(ImageMetric):
    """Peak signal-to-noise ratio in decibels: how far errors lie below the brightest value.

        PSNR = 10 log10(max_value² / mean squared error)

    It is computed for each image and averaged, as papers report it; the PSNR of the averaged error would be
    another number. Identical images, whose ratio is infinite, get 100 dB: the mean squared error counts as
    at least 1e-10 times the square of `max_value`. Everything is computed in float32, whatever the type of
    the images.

    Args:
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled
            to it.
        name: name of the metric, by which logs and callbacks know it.
        **kwargs: of `keras.metrics.Metric`.

    Input shape: `(n, height, width, channels)`, twice. Weights have the shape `(n,)`, or more axes, such as
    `(n, height, width)` for pixels: then an image has the mean of its weights.

    Raises:
        ValueError: `max_value` is not a finite number above zero, or the images of an update are not two
            batches of the same shape.

    Example:

    >>> metric = keras_cae.metrics.PSNR()
    >>> images = np.zeros((2, 8, 8, 1))
    >>> metric.update_state(images, images + 0.1)
    >>> round(float(metric.result()), 3)
    20.0
    """

    def __init__(self, max_value: float = 1.0, name: str = "psnr", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def per_image(self, y_true: Any, y_pred: Any) -> Any:
        return peak_signal_noise_ratio(y_true, y_pred)


def peak_signal_noise_ratio(y_true: Any, y_pred: Any) -> Any:
    """The PSNR of each image in decibels, of shape `(n,)`, for images whose largest value is 1."""
    error = ops.mean(ops.square(y_true - y_pred), axis=(1, 2, 3))
    return -10 * ops.log10(ops.maximum(error, SMALLEST_ERROR))
