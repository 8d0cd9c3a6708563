"""Structural similarity of images, on one scale and on several: what the metrics and the losses share."""

from typing import Any

import numpy as np
from keras import ops

from keras_cae.images import image_size

WINDOW_SIZE = 11
SIGMA = 1.5
LUMINANCE_CONSTANT = 0.01**2
CONTRAST_CONSTANT = 0.03**2
LEVEL_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333], "float32")
"""How much each scale counts, from full resolution down: Wang et al. 2003, section 3.2."""


def structural_similarity(y_true: Any, y_pred: Any) -> Any:
    """The SSIM of each image, of shape `(n,)`, for float32 images whose largest value is 1."""
    luminance, structure = window_similarities(y_true, y_pred)
    return ops.mean(luminance * structure, axis=(1, 2, 3))


def multi_scale_similarity(y_true: Any, y_pred: Any, floor: float = 0.0) -> Any:
    """The multi-scale SSIM of each image, of shape `(n,)`, for float32 images whose largest value is 1.

    Args:
        y_true: batch of images.
        y_pred: their reconstructions.
        floor: what the similarity on a scale counts at least, before it is raised to its power. At 0 the
            gradient of the power is infinite.
    """
    levels = _level_count(y_true)
    product: Any = 1.0
    for level, weight in enumerate(_level_weights(levels)):
        if level:
            y_true, y_pred = _half_size(y_true), _half_size(y_pred)
        luminance, structure = window_similarities(y_true, y_pred)
        is_coarsest = ops.equal(level, levels - 1)
        similarity = ops.where(is_coarsest, luminance * structure, structure)
        per_channel = ops.maximum(ops.mean(similarity, axis=(1, 2)), floor)
        product = product * ops.power(per_channel, weight)
    return ops.mean(product, axis=-1)


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


def _level_count(images: Any) -> Any:
    """On how many scales the window fits into the images; a tensor where their size is not known."""
    size = image_size(images)
    if size is None:
        return len(LEVEL_WEIGHTS)
    # Halved k times, rounded up, a side has at least 11 pixels if it had more than 10 · 2^k.
    fits = [_smaller(*size) > (WINDOW_SIZE - 1) * 2**k for k in range(1, len(LEVEL_WEIGHTS))]
    if isinstance(fits[0], bool):
        return 1 + sum(fits)
    return 1 + ops.sum(ops.cast(ops.stack(fits), "int32"))


def _level_weights(levels: Any) -> Any:
    """The weight of each scale, adding up to 1 over those that count; of the others 0."""
    if isinstance(levels, int):
        return LEVEL_WEIGHTS[:levels] / LEVEL_WEIGHTS[:levels].sum()
    counting = ops.cast(ops.arange(len(LEVEL_WEIGHTS)) < levels, "float32")
    weights = counting * LEVEL_WEIGHTS
    return ops.unstack(weights / ops.sum(weights))


def _half_size(images: Any) -> Any:
    """Images of half the size, rounded up: means of 2×2 pixels, at an odd edge of those that there are."""
    return ops.average_pool(images, 2, padding="same", data_format="channels_last")
