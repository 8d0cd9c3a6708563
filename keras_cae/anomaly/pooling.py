"""The reduction of maps of pixels to one score per image."""

import math
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.similarity import window_means

POOLINGS = ("mean", "max", "top")
REACH = 3.0
"""The radius of the Gaussian window in standard deviations."""


def smoothed(maps: Any, sigma: float) -> Any:
    """Return maps `(n, *spatial)` smoothed by a Gaussian, whose weights are normalized at the edges.

    Args:
        maps: batch of maps.
        sigma: standard deviation in pixels; 0 returns the maps unchanged.
    """
    if not sigma:
        return maps
    radius = math.ceil(REACH * sigma)
    window = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    windows = [(window / window.sum()).astype("float32")] * (len(maps.shape) - 1)
    paddings = [(0, 0), *[(radius, radius)] * len(windows), (0, 0)]
    sums, weights = (
        window_means(tf.pad(values[..., None], paddings), windows) for values in (maps, ops.ones_like(maps[:1]))
    )
    # Remove the channel axis before the division, which LiteRT's converter would otherwise fuse with the filter.
    return sums[..., 0] / weights[..., 0]


def pooled(maps: Any, pooling: str, top: float) -> Any:
    """Return one number for each map, `(n,)`.

    Args:
        maps: batch of maps.
        pooling: "mean", "max", or "top" for the mean of the largest values.
        top: share of the pixels that "top" averages.
    """
    axes = tuple(range(1, len(maps.shape)))
    if pooling == "mean":
        return ops.mean(maps, axis=axes)
    if pooling == "max":
        return ops.max(maps, axis=axes)
    flat = ops.reshape(maps, (ops.shape(maps)[0], -1))
    count = ops.shape(flat)[1]
    if isinstance(count, int):
        largest: Any = max(1, math.ceil(top * count))
    else:
        largest = ops.maximum(ops.cast(ops.ceil(top * ops.cast(count, "float64")), "int32"), 1)
    return ops.mean(tf.math.top_k(flat, largest).values, axis=-1)
