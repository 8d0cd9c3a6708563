"""Structural similarity."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.images import image_size
from keras_cae.metrics.image_metric import ImageMetric

WINDOW_SIZE = 11
SIGMA = 1.5
LUMINANCE_CONSTANT = 0.01**2
CONTRAST_CONSTANT = 0.03**2


@keras.saving.register_keras_serializable(package="keras_cae")
class SSIM(ImageMetric):
    """Structural similarity: how well means, contrasts and patterns of small windows agree; at most 1.

    The windows are Gaussian (σ = 1.5 pixels, 11 × 11) and lie fully inside the image; with means μ, variances
    σ² and covariance σ_xy under the window, C₁ = (0.01 `max_value`)² and C₂ = (0.03 `max_value`)²,

        SSIM = (2 μ_x μ_y + C₁) (2 σ_xy + C₂) / ((μ_x² + μ_y² + C₁) (σ_x² + σ_y² + C₂))

    is averaged over the windows and channels of each image, then over images (Wang et al. 2004, "Image
    Quality Assessment: From Error Visibility to Structural Similarity"). Everything is computed in float32,
    whatever the type of the images.

    In images with a side below 11 pixels the window is the largest of odd size that fits, its weights
    adding up to 1 again: numbers of such images compare with each other, not with those of larger ones.

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

    >>> metric = keras_cae.metrics.SSIM()
    >>> images = np.random.default_rng(0).random((2, 16, 16, 3))
    >>> metric.update_state(images, images)
    >>> round(float(metric.result()), 3)
    1.0
    """

    def __init__(self, max_value: float = 1.0, name: str = "ssim", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def per_image(self, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(similarity_map(y_true, y_pred), axis=(1, 2, 3))


def similarity_map(y_true: Any, y_pred: Any) -> Any:
    """The SSIM of each window and channel, for float32 images whose largest value is 1."""
    height, width = image_size(y_true) or (WINDOW_SIZE, WINDOW_SIZE)
    window = gaussian_window(_window_size(height, width))
    mean_true, mean_pred, mean_squares, mean_product = (
        window_means(values, window)
        for values in (
            y_true,
            y_pred,
            ops.square(y_true) + ops.square(y_pred),
            y_true * y_pred,
        )
    )
    product_of_means = mean_true * mean_pred
    squared_means = ops.square(mean_true) + ops.square(mean_pred)
    # The variances are only ever added, so one filtered image gives both.
    variances = mean_squares - squared_means
    covariance = mean_product - product_of_means
    return ((2 * product_of_means + LUMINANCE_CONSTANT) * (2 * covariance + CONTRAST_CONSTANT)) / (
        (squared_means + LUMINANCE_CONSTANT) * (variances + CONTRAST_CONSTANT)
    )


def window_means(images: Any, window: Any) -> Any:
    """The weighted mean of each window that lies fully inside, channel by channel.

    Args:
        images: batch of images.
        window: weights along one side of the square window, which is their outer product.
    """
    # Two filters of one dimension cost 22 products a pixel, one of two dimensions 121.
    kernel = ops.repeat(ops.reshape(window, (-1, 1, 1, 1)), images.shape[-1], axis=2)
    for one_dimensional in (kernel, ops.transpose(kernel, (1, 0, 2, 3))):
        images = ops.depthwise_conv(images, one_dimensional, padding="valid", data_format="channels_last")
    return images


def gaussian_window(size: Any) -> Any:
    """Weights of a Gaussian at `size` pixels around its centre, adding up to 1."""
    positions = ops.cast(ops.arange(size), "float32")
    weights = ops.exp(-0.5 * ops.square((positions - ops.mean(positions)) / SIGMA))
    return weights / ops.sum(weights)


def _window_size(height: Any, width: Any) -> Any:
    """The side of the window: odd, and no longer than the image's; a tensor where that is not known."""
    smaller = np.minimum if isinstance(height, int) and isinstance(width, int) else ops.minimum
    side = smaller(smaller(height, width), WINDOW_SIZE)
    return side - (side + 1) % 2
