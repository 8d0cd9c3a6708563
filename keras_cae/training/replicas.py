"""Arithmetic that makes training on several replicas give the same results as training on one device."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.training.step_context import current_step


def replica_count() -> int:
    """Return the number of replicas that run the current step; 1 outside of a step."""
    if tf.distribute.in_cross_replica_context():
        return 1
    return tf.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(value: Any) -> Any:
    """Return the sum of a tensor over all replicas. It is differentiable, and every replica must call it."""
    step = current_step()
    if step is not None:
        step.synchronized = True
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def padded(data: Any) -> tuple[Any, Any]:
    """Return this replica's part of a batch and the number of its valid images.

    If the last batch has fewer images than there are replicas, some replicas get an empty part, which many operations
    can't process. Such a part gets one black image. With a single replica the count is None: all images are valid.
    """
    if replica_count() == 1:
        return data, None
    valid = ops.shape(keras.tree.flatten(data)[0])[0]
    missing = tf.maximum(1 - valid, 0)
    return keras.tree.map_structure(lambda part: _with_rows(part, missing), data), valid


def _with_rows(part: Any, rows: Any) -> Any:
    if part is None:
        return None
    part = ops.convert_to_tensor(part)
    return tf.pad(part, [(0, rows)] + [(0, 0)] * (len(part.shape) - 1))


def without_padding(data: Any, valid: Any) -> Any:
    """Return a batch, or tensors computed from it, without the rows of images that `padded` added."""
    if valid is None:
        return data
    return keras.tree.map_structure(lambda part: None if part is None else part[:valid], data)


def valid_in_step(values: Any) -> Any:
    """Return the values, of shape `(n, ...)`, of the valid images of the current step."""
    step = current_step()
    return values if step is None else without_padding(values, step.valid)


def scale_loss_for_replica(loss: Any, valid: Any) -> Any:
    """Scale the mean loss of a replica so that the sum over all replicas is the mean over all images.

    Args:
        loss: mean loss over the images of this replica.
        valid: number of valid images of this replica; None with a single replica.
    """
    if valid is None:
        return loss
    images = ops.cast(valid, loss.dtype)
    return loss * (images / sum_over_replicas(images))


def mean_over_batch(values: Any) -> Any:
    """Return the mean of values over the images of a batch; in a step, over the images of all replicas.

    Args:
        values: values of shape `(n, ...)`.
    """
    if current_step() is None or replica_count() == 1:
        return ops.mean(values, axis=0)
    valid = valid_in_step(values)
    count = ops.cast(ops.shape(valid)[0], values.dtype)
    return sum_over_replicas(ops.sum(valid, axis=0)) / sum_over_replicas(count)


def offset_of_replica(count: Any) -> tuple[Any, Any]:
    """Return the index of this replica's first row in the global batch, and the global number of rows.

    Every replica must call it.

    Args:
        count: number of rows of this replica.
    """
    replica = tf.distribute.get_replica_context()
    number = replica.replica_id_in_sync_group
    counts = sum_over_replicas(tf.one_hot(number, replica.num_replicas_in_sync, on_value=count, off_value=0))
    return tf.reduce_sum(counts[:number]), tf.reduce_sum(counts)


def gather_from_replicas(values: Any) -> Any:
    """Return the values of the images of all replicas, in the order of the batch. It is differentiable.

    Outside of a step or with a single replica, the values are returned unchanged.

    Args:
        values: this replica's values, of shape `(n, ...)`.
    """
    if current_step() is None or replica_count() == 1:
        return values
    valid = valid_in_step(values)
    count = ops.shape(valid)[0]
    first, total = offset_of_replica(count)
    return sum_over_replicas(tf.pad(valid, [(first, total - first - count)] + [(0, 0)] * (len(valid.shape) - 1)))


def pick_from_replicas(values: Any, places: Any) -> Any:
    """Return selected rows of the global batch, the same rows on every replica. Every replica must call it.

    Args:
        values: this replica's rows, of shape `(n, ...)`.
        places: relative positions in the batch, from 0 to 1, of shape `(k,)`. All replicas use the positions of the
            first replica.

    Returns:
        Tensor `(k, ...)`.
    """
    count = ops.shape(values)[0]
    if replica_count() == 1:
        return ops.take(values, _rows_at(places, count), axis=0)
    first, total = offset_of_replica(count)
    on_first = tf.distribute.get_replica_context().replica_id_in_sync_group == 0
    rows = _rows_at(sum_over_replicas(tf.where(on_first, places, 0.0)), total) - first
    own = (rows >= 0) & (rows < count)
    # Rows of other replicas are gathered from an additional row of zeros, which does not change the sum.
    picked = tf.gather(_with_rows(values, 1), tf.where(own, rows, count))
    return sum_over_replicas(picked)


def _rows_at(places: Any, count: Any) -> Any:
    rows = ops.cast(places * ops.cast(count, places.dtype), "int32")
    return ops.minimum(rows, count - 1)  # A place just below 1, such as 1 - 1e-8, is rounded to 1 in float32.
