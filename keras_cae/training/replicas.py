"""Arithmetic that gives the replicas of a distribution strategy the numbers of a single device."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.training.step_context import current_step


def replica_count() -> int:
    """Return how many replicas take the current step together; outside of a step there is one."""
    if tf.distribute.in_cross_replica_context():
        return 1
    return tf.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(value: Any) -> Any:
    """Return the sum of the tensors that all replicas pass. Differentiable; all of them must call it."""
    step = current_step()
    if step is not None:
        step.synchronized = True
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def padded(data: Any) -> tuple[Any, Any]:
    """Return this replica's part of a batch and how many of its images are valid.

    A last batch of fewer images than replicas leaves some replicas with none, which no kernel and no mean
    can process. They get one black image instead. With a single replica the count is None: all are valid.
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
    """Return a batch, or what was computed from it, without the images that `padded` added."""
    if valid is None:
        return data
    return keras.tree.map_structure(lambda part: None if part is None else part[:valid], data)


def valid_in_step(values: Any) -> Any:
    """Return a layer's values for the valid images of the current step. Shape: `(n, ...)`."""
    step = current_step()
    return values if step is None else without_padding(values, step.valid)


def share_of_batch(loss: Any, valid: Any) -> Any:
    """Weight the mean loss of a replica, so that the sum over replicas is the mean over all images.

    Args:
        loss: the mean over the images of this replica.
        valid: how many valid images this replica has; None with a single replica.
    """
    if valid is None:
        return loss
    images = ops.cast(valid, loss.dtype)
    return loss * (images / sum_over_replicas(images))


def mean_over_batch(values: Any) -> Any:
    """Return the mean of values over the images of a batch, of all replicas in a step.

    Args:
        values: values of shape `(n, ...)`.
    """
    if current_step() is None or replica_count() == 1:
        return ops.mean(values, axis=0)
    valid = valid_in_step(values)
    count = ops.cast(ops.shape(valid)[0], values.dtype)
    return sum_over_replicas(ops.sum(valid, axis=0)) / sum_over_replicas(count)


def offset_in_batch(count: Any) -> tuple[Any, Any]:
    """Return where this replica's rows begin among those of all replicas, and how many these are. All must call it.

    Args:
        count: how many rows this replica has.
    """
    replica = tf.distribute.get_replica_context()
    number = replica.replica_id_in_sync_group
    counts = sum_over_replicas(tf.one_hot(number, replica.num_replicas_in_sync, on_value=count, off_value=0))
    return tf.reduce_sum(counts[:number]), tf.reduce_sum(counts)


def all_of_batch(values: Any) -> Any:
    """Return a layer's values for the images of a step, of all replicas, in their order. Differentiable.

    Args:
        values: values of shape `(n, ...)`.
    """
    if current_step() is None or replica_count() == 1:
        return values
    valid = valid_in_step(values)
    count = ops.shape(valid)[0]
    first, total = offset_in_batch(count)
    return sum_over_replicas(tf.pad(valid, [(first, total - first - count)] + [(0, 0)] * (len(valid.shape) - 1)))


def pick_from_batch(values: Any, places: Any) -> Any:
    """Return rows of a batch of all replicas, the same ones on each of them. All must call it.

    Args:
        values: this replica's rows, of shape `(n, ...)`.
        places: numbers from 0 to 1, of shape `(k,)`: where in the batch. Those of the first replica count.

    Returns:
        Tensor `(k, ...)`.
    """
    count = ops.shape(values)[0]
    if replica_count() == 1:
        return ops.take(values, _rows_at(places, count), axis=0)
    first, total = offset_in_batch(count)
    on_first = tf.distribute.get_replica_context().replica_id_in_sync_group == 0
    rows = _rows_at(sum_over_replicas(tf.where(on_first, places, 0.0)), total) - first
    own = (rows >= 0) & (rows < count)
    # One row more, so that there is one to take where this replica has none.
    picked = tf.gather(_with_rows(values, 1), tf.where(own, rows, count))
    return sum_over_replicas(picked)


def _rows_at(places: Any, count: Any) -> Any:
    rows = ops.cast(places * ops.cast(count, places.dtype), "int32")
    return ops.minimum(rows, count - 1)  # 1 - 1e-8 is 1 in float32
