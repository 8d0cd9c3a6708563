"""Structural similarity of images."""

from typing import Any

from keras import ops

from keras_cae.images import image_size

WINDOW_SIZE = 11
SIGMA = 1.5
LUMINANCE_CONSTANT = 0.01**2
CONTRAST_CONSTANT = 0.03**2


def structural_similarity(y_true: Any, y_pred: Any) -> Any:
    """The SSIM of each image, of shape `(n,)`, for float32 images whose largest value is 1."""
    luminance, structure = window_similarities(y_true, y_pred)
    return ops.mean(luminance * structure, axis=(1, 2, 3))


def window_similarities(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """How well the means, and how well contrasts and patterns, of each window and channel agree.

    Args:
        y_true: batch of float32 images whose largest value is 1.
        y_pred: their reconstructions.

    Returns:
        Two batches; their product is the SSIM.
    """
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
    # The variances are only ever added, so one filtered image gives both. Rounding can make them negative.
    variances = ops.maximum(mean_squares - squared_means, 0.0)
    covariance = mean_product - product_of_means
    luminance = (2 * product_of_means + LUMINANCE_CONSTANT) / (squared_means + LUMINANCE_CONSTANT)
    structure = (2 * covariance + CONTRAST_CONSTANT) / (variances + CONTRAST_CONSTANT)
    return luminance, structure


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
    side = _smaller(_smaller(height, width), WINDOW_SIZE)
    return side - (side + 1) % 2


def _smaller(first: Any, second: Any) -> Any:
    known = isinstance(first, int) and isinstance(second, int)
    return min(first, second) if known else ops.minimum(first, second)
