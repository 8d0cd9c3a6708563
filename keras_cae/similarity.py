"""Structural similarity on one or several scales, for the metrics and the losses.

The functions support signals, images and volumes, although the names refer to images. All spatial axes are treated in
the same way.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.comparison import spatial_axes

WINDOW_SIZE = 11
SIGMA = 1.5
LUMINANCE_CONSTANT = 0.01**2
CONTRAST_CONSTANT = 0.03**2
LEVEL_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333], "float32")
"""The weight of each scale, from full resolution down (Wang et al. 2003, section 3.2)."""


def structural_similarity(y_true: Any, y_pred: Any) -> Any:
    """Return the SSIM of each image, of shape `(n,)`, for float32 images whose largest value is 1."""
    luminance, structure = window_similarities(y_true, y_pred)
    return ops.mean(luminance * structure, axis=(*spatial_axes(y_true), -1))


def similarity_map(y_true: Any, y_pred: Any) -> Any:
    """Return the SSIM of the window around each pixel, of shape `(n, *spatial)`. Images are padded by reflection."""
    sizes = [_window_size(side) for side in _sides(y_true)]
    paddings = [(0, 0), *((size // 2, size // 2) for size in sizes), (0, 0)]
    true, pred = (tf.pad(images, paddings, "REFLECT") for images in (y_true, y_pred))
    luminance, structure = window_similarities(true, pred, sizes)
    return ops.mean(luminance * structure, axis=-1)


def multi_scale_similarity(y_true: Any, y_pred: Any, floor: float = 0.0) -> Any:
    """Return the multi-scale SSIM of each image, of shape `(n,)`, for float32 images whose largest value is 1.

    Args:
        y_true: batch of images.
        y_pred: reconstructions of the images.
        floor: lower bound of the similarity on each scale before it is raised to a power, whose gradient is infinite at
            0.
    """
    levels = _level_count(y_true)
    product: Any = 1.0
    for level, weight in enumerate(_level_weights(levels)):
        if level:
            y_true, y_pred = _half_size(y_true), _half_size(y_pred)
        luminance, structure = window_similarities(y_true, y_pred)
        is_coarsest = ops.equal(level, levels - 1)
        similarity = ops.where(is_coarsest, luminance * structure, structure)
        per_channel = ops.maximum(ops.mean(similarity, axis=spatial_axes(y_true)), floor)
        product = product * ops.power(per_channel, weight)
    return ops.mean(product, axis=-1)


def window_similarities(y_true: Any, y_pred: Any, sizes: Sequence[Any] | None = None) -> tuple[Any, Any]:
    """Return the similarity of means, and the similarity of contrasts and patterns, in each window and channel.

    Args:
        y_true: batch of float32 images whose largest value is 1.
        y_pred: reconstructions of the images.
        sizes: sizes of the windows along each axis; by default 11, or less if the images are smaller.

    Returns:
        Two batches, whose product is the SSIM.
    """
    sizes = sizes or [_window_size(side) for side in _sides(y_true)]
    windows = [gaussian_window(size) for size in sizes]
    mean_true, mean_pred, mean_squares, mean_product = (
        window_means(values, windows)
        for values in (
            y_true,
            y_pred,
            ops.square(y_true) + ops.square(y_pred),
            y_true * y_pred,
        )
    )
    product_of_means = mean_true * mean_pred
    squared_means = ops.square(mean_true) + ops.square(mean_pred)
    # Only the sum of the two variances is needed. Rounding can make it negative.
    variances = ops.maximum(mean_squares - squared_means, 0.0)
    covariance = mean_product - product_of_means
    luminance = (2 * product_of_means + LUMINANCE_CONSTANT) / (squared_means + LUMINANCE_CONSTANT)
    structure = (2 * covariance + CONTRAST_CONSTANT) / (variances + CONTRAST_CONSTANT)
    return luminance, structure


def window_means(images: Any, windows: Sequence[Any]) -> Any:
    """Return the weighted mean of each window that lies fully inside the image, for each channel.

    Args:
        images: batch of images.
        windows: the weights along each axis. The weights of a window are their outer product.
    """
    # Filtering the axes one after another takes 22 products per pixel of an image; a square window would take 121.
    for axis, window in zip(spatial_axes(images), windows, strict=True):
        images = _means_along(images, axis, window)
    return images


def _means_along(images: Any, axis: int, window: Any) -> Any:
    """Return the weighted means along one axis.

    They are computed by a two-dimensional convolution. The axis becomes the height of the images, or the width if it is
    the last one, and the other axes are merged.
    """
    shape, size = ops.shape(images), ops.shape(window)[0]
    channels = shape[-1]
    if axis == len(shape) - 2:
        images, kernel_shape = ops.reshape(images, (-1, *shape[axis - 1 :])), (1, -1, 1, 1)
    else:
        width = math.prod(shape[axis + 1 : -1])
        images, kernel_shape = ops.reshape(images, (-1, shape[axis], width, channels)), (-1, 1, 1, 1)
    kernel = ops.repeat(ops.reshape(window, kernel_shape), channels, axis=2)
    means = ops.depthwise_conv(images, kernel, padding="valid", data_format="channels_last")
    return ops.reshape(means, (-1, *shape[1:axis], shape[axis] - size + 1, *shape[axis + 1 :]))


def gaussian_window(size: Any) -> Any:
    """Return the weights of a Gaussian at `size` pixels around its centre, with a sum of 1."""
    positions = ops.cast(ops.arange(size), "float32")
    weights = ops.exp(-0.5 * ops.square((positions - ops.mean(positions)) / SIGMA))
    return weights / ops.sum(weights)


def _window_size(side: Any) -> Any:
    """Return the size of the window along an axis: odd, and no longer than the axis."""
    size = _smaller(side, WINDOW_SIZE)
    return size - (size + 1) % 2


def _sides(images: Any) -> tuple[Any, ...]:
    """Return the spatial sides of images: integers, or tensors if they are unknown."""
    return ops.shape(images)[1:-1]


def _smaller(first: Any, second: Any) -> Any:
    known = isinstance(first, int) and isinstance(second, int)
    return min(first, second) if known else ops.minimum(first, second)


def _level_count(images: Any) -> Any:
    """Return the number of scales on which the window fits into the images: a tensor if their size is unknown."""
    shortest = functools.reduce(_smaller, _sides(images))
    # Halved k times and rounded up, a side has at least 11 pixels if it had more than 10 · 2^k.
    fits = [shortest > (WINDOW_SIZE - 1) * 2**k for k in range(1, len(LEVEL_WEIGHTS))]
    if isinstance(fits[0], bool):
        return 1 + sum(fits)
    return 1 + ops.sum(ops.cast(ops.stack(fits), "int32"))


def _level_weights(levels: Any) -> Any:
    """Return the weight of each scale: 0 for scales that are not used, and a sum of 1 for the others."""
    if isinstance(levels, int):
        return LEVEL_WEIGHTS[:levels] / LEVEL_WEIGHTS[:levels].sum()
    counting = ops.cast(ops.arange(len(LEVEL_WEIGHTS)) < levels, "float32")
    weights = counting * LEVEL_WEIGHTS
    return ops.unstack(weights / ops.sum(weights))


def _half_size(images: Any) -> Any:
    """Return images of half the size, rounded up: means of 2×2 pixels, or of fewer pixels at an odd edge."""
    return ops.average_pool(images, 2, padding="same", data_format="channels_last")
