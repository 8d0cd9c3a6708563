"""Weights of images and of their pixels."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.images import known_shape


def per_image_weights(sample_weight: Any) -> Any:
    """Weights of images, `(n,)` or `(n, 1)`, with axes for the pixels; others as they are."""
    if sample_weight is None:
        return None
    if not isinstance(sample_weight, tf.Tensor | keras.KerasTensor):
        sample_weight = np.asarray(sample_weight)
    shape = known_shape(sample_weight.shape)
    if shape is None or len(shape) > 2:
        return sample_weight
    return sample_weight[:, None, None] if len(shape) == 1 else sample_weight[:, :, None]


def mean_of_each_image(sample_weight: Any) -> Any:
    """Weights of images, or the means of those of their pixels, in float32. Shape: `(n,)`."""
    if sample_weight is None:
        return None
    weights = ops.cast(sample_weight, "float32")
    axes = tuple(range(1, len(weights.shape)))
    return ops.mean(weights, axis=axes) if axes else weights
