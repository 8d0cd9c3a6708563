"""Checks of the values of a batch, as tensors: they run in the compiled step."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.images import Shape, known_shape
from keras_cae.pixel_values import DARK, WHITE
from keras_cae.training.replicas import replica_count

NO_PROBLEM, OF_X, OF_Y, OF_WEIGHTS, OF_SHAPE, EMPTY, ELSEWHERE = range(7)


def first_problem(found: list[tuple[int, Any]]) -> Any:
    """Return the number of the first of some problems that a batch has; a Python number where no value decides.

    Args:
        found: for each problem its number, and a boolean tensor, whether the batch does not have it; None where that is
            certain.
    """
    kind: Any = NO_PROBLEM
    for number, fits in reversed(found):
        if fits is not None:
            kind = tf.where(fits, kind, number)
    return kind


def has_images(x: Any) -> Any:
    """Return whether a batch has images; None where that need not be checked.

    The static shape may say so, and the part of a replica may be empty.
    """
    return None if x.shape[0] is not None or replica_count() > 1 else tf.shape(x)[0] > 0


def shape_fits(x: Any, image_shape: Shape | None) -> Any:
    """Return whether the shape of a batch fits; None if the static shape says so already."""
    shape = known_shape(x.shape)
    if image_shape is None or shape is None or len(shape) != len(image_shape) + 1:
        return None
    unknown = [
        (axis, expected)
        for axis, (side, expected) in enumerate(zip(shape[1:], image_shape, strict=True), start=1)
        if side is None and expected is not None
    ]
    sides = tf.shape(x)
    return tf.reduce_all([sides[axis] == expected for axis, expected in unknown]) if unknown else None


def integers_fit(values: Any, dtype: str, known: Any) -> Any:
    """Return whether integers are images of their type: the rule of `pixel_values.problem_of_integers`, for tensors.

    Args:
        values: integers of a type of `WHITE`.
        dtype: type of the values.
        known: whether images of this type are expected.
    """
    if dtype == "bool":
        return None
    low, high = (tf.cast(extreme(values), "float32") for extreme in (tf.reduce_min, tf.reduce_max))
    if dtype == "uint8":
        return tf.logical_or(known, tf.not_equal(high, 1.0))
    least = float(WHITE["uint8"]) if dtype == "uint16" else DARK * WHITE[dtype]
    return tf.logical_and(low >= 0.0, tf.logical_or(known, high > least))


def floats_fit(values: Any, low: Any, high: Any) -> Any:
    """Return whether all floats lie between two others."""
    # False for NaN, on every device, which minima and maxima are not sure to show.
    low, high = tf.cast(low, values.dtype), tf.cast(high, values.dtype)
    return tf.reduce_all(tf.logical_and(values >= low, values <= high))


def are_weights(sample_weight: Any) -> Any:
    """Return whether weights are finite, and zero or above; None if there are none."""
    if sample_weight is None:
        return None
    weights = ops.convert_to_tensor(sample_weight)
    if "float" not in keras.backend.standardize_dtype(weights.dtype):
        return tf.reduce_all(tf.cast(weights, "float32") >= 0.0)
    return floats_fit(weights, 0.0, weights.dtype.max)


def extremes(values: Any) -> Any:
    """Return the lowest and the highest value, and whether all are finite, as three floats."""
    values = tf.cast(values, "float32")
    finite = tf.cast(tf.reduce_all(tf.math.is_finite(values)), "float32")
    return tf.stack([tf.reduce_min(values), tf.reduce_max(values), finite])
