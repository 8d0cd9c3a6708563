"""Peak signal-to-noise ratio."""

from typing import Any

import keras
from keras import ops

from keras_cae.metrics.image_metric import ImageMetric

SMALLEST_ERROR = 1e-10
"""The lower bound of the mean squared error of images from 0 to 1, which limits the ratio to 100 dB."""


@keras.saving.register_keras_serializable(package="keras_cae")
class PSNR(ImageMetric):
    """Peak signal-to-noise ratio in decibels: how small errors are compared with the largest possible value.

        PSNR = 10 log10(max_value² / mean squared error)

    It is computed for each image and averaged, as papers report it, which is not the PSNR of the averaged error.
    Identical images, whose ratio would be infinite, have 100 dB: the mean squared error is floored at 1e-10 times the
    square of `max_value`. Everything is computed in float32 for images of any type.

    Args:
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled
            to it.
        name: name of the metric, under which it is logged.
        **kwargs: arguments of `keras.metrics.Metric`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`; those of
    pixels are averaged over the image.

    Raises:
        ValueError: `max_value` is not a finite number above zero, the images of an update are not two
            batches of the same shape, or the weights have another shape.

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
    """Return the PSNR of each image in decibels, of shape `(n,)`, for images whose largest value is 1."""
    error = ops.mean(ops.square(y_true - y_pred), axis=tuple(range(1, len(y_true.shape))))
    return -10 * ops.log10(ops.maximum(error, SMALLEST_ERROR))
