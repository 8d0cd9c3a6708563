"""Checks of the values of a batch that run inside the compiled step, on tensors."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.images import Shape, known_shape
from keras_cae.pixel_values import DARK, WHITE
from keras_cae.training.replicas import replica_count

NO_PROBLEM, BAD_X, BAD_Y, BAD_WEIGHTS, BAD_SHAPE, EMPTY, ON_OTHER_WORKER = range(7)


def first_problem(found: list[tuple[int, Any]]) -> Any:
    """Return the number of the first problem of a batch, as a Python integer if it does not depend on any value.

    Args:
        found: the number of each problem and a boolean tensor that is True if the batch does not have it; None instead
            of the tensor if the batch cannot have it.
    """
    kind: Any = NO_PROBLEM
    for number, fits in reversed(found):
        if fits is not None:
            kind = tf.where(fits, kind, number)
    return kind


def has_images(x: Any) -> Any:
    """Return whether a batch contains images; None if this need not be checked.

    It need not be checked if the static shape is known, or with several replicas, whose parts may be empty.
    """
    return None if x.shape[0] is not None or replica_count() > 1 else tf.shape(x)[0] > 0


def shape_fits(x: Any, image_shape: Shape | None) -> Any:
    """Return whether the shape of a batch matches; None if the static shape already shows that it does."""
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
    """Return whether integers are images of their type. This is `pixel_values.problem_of_integers` for tensors.

    Args:
        values: integers of one of the types in `WHITE`.
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
    """Return whether all floats lie in the range from `low` to `high`."""
    # A comparison with NaN is False on every device, whereas a minimum or maximum may ignore NaN.
    low, high = tf.cast(low, values.dtype), tf.cast(high, values.dtype)
    return tf.reduce_all(tf.logical_and(values >= low, values <= high))


def are_weights(sample_weight: Any) -> Any:
    """Return whether all weights are finite and not negative; None if there are no weights."""
    if sample_weight is None:
        return None
    weights = ops.convert_to_tensor(sample_weight)
    if "float" not in keras.backend.standardize_dtype(weights.dtype):
        return tf.reduce_all(tf.cast(weights, "float32") >= 0.0)
    return floats_fit(weights, 0.0, weights.dtype.max)


def extremes(values: Any) -> Any:
    """Return three floats: the lowest value, the highest value, and whether all values are finite."""
    values = tf.cast(values, "float32")
    finite = tf.cast(tf.reduce_all(tf.math.is_finite(values)), "float32")
    return tf.stack([tf.reduce_min(values), tf.reduce_max(values), finite])
