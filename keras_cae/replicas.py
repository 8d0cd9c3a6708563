"""What the replicas of a distribution strategy do so that together they have the numbers of one device."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf
from keras import ops

_step = threading.local()  # every replica takes its step in a thread of its own


def replica_count() -> int:
    """How many replicas take the current step together; outside of a step there is one."""
    if tf.distribute.in_cross_replica_context():
        return 1
    return tf.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(value: Any) -> Any:
    """The sum of the tensors that all replicas pass. Differentiable; all of them must call it."""
    _step.met = True
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def without_empty(data: Any) -> tuple[Any, Any]:
    """Return this replica's part of a batch, with one black image in an empty one, and how many are real.

    A last batch of fewer images than replicas leaves some with none, of which no kernel and no mean can make
    anything. With a single replica the count is None: all of them.
    """
    if replica_count() == 1:
        return data, None
    real = ops.shape(keras.tree.flatten(data)[0])[0]
    missing = tf.maximum(1 - real, 0)
    return keras.tree.map_structure(lambda part: _with_rows(part, missing), data), real


def _with_rows(part: Any, rows: Any) -> Any:
    if part is None:
        return None
    part = ops.convert_to_tensor(part)
    return tf.pad(part, [(0, rows)] + [(0, 0)] * (len(part.shape) - 1))


def only_real(data: Any, real: Any) -> Any:
    """Parts of a batch, or what was computed from them, without the images that `without_empty` added."""
    if real is None:
        return data
    return keras.tree.map_structure(lambda part: None if part is None else part[:real], data)


@contextlib.contextmanager
def taking_step(real: Any) -> Iterator[None]:
    """Tells the layers that they are called by a step, and how many images of its batch are real."""
    _step.real = real
    _step.penalties = []
    _step.opposing = []
    _step.met = False
    _step.taken = True
    try:
        yield
    finally:
        _step.taken = False


def in_step() -> bool:
    """Whether a step of training or evaluation is being taken, in which layers measure what they do."""
    return getattr(_step, "taken", False)


def real_in_step(values: Any) -> Any:
    """A layer's values for the images of a step that are real. Shape: `(n, ...)`."""
    return only_real(values, _step.real if in_step() else None)


def penalize(penalty: Any) -> None:
    """Add a penalty to the loss of the step.

    `add_loss` keeps penalties in the layer, of which there is one for all replicas: where these meet in the
    forward pass, to sum something up, they take turns, and each finds the other's penalties beside its own.
    """
    _step.penalties.append(penalty)


def penalties() -> Any:
    """The sum of what was added with `penalize`."""
    return sum(_step.penalties) if in_step() else 0.0


def oppose(loss: Any) -> None:
    """Hand the step a loss that only an opponent of the autoencoder minimizes."""
    _step.opposing.append(loss)


def opposing_loss() -> Any:
    """The sum of what was handed over with `oppose`."""
    return sum(_step.opposing)


def met() -> bool:
    """Whether the replicas have met in this step, so that what layers keep is another replica's."""
    return in_step() and _step.met


def share_of_batch(loss: Any, real: Any) -> Any:
    """Weight a replica's loss by its images, so that the sum over replicas is the mean over all images.

    The loss has been divided by the number of replicas, which is right where all have as many images.
    """
    if real is None:
        return loss
    images = ops.cast(real, loss.dtype)
    return loss * (images * replica_count() / sum_over_replicas(images))


def mean_over_batch(values: Any) -> Any:
    """The mean of values over the images of a batch, of all replicas in a step.

    Args:
        values: of shape `(n, ...)`.
    """
    if not in_step() or replica_count() == 1:
        return ops.mean(values, axis=0)
    real = real_in_step(values)
    count = ops.cast(ops.shape(real)[0], values.dtype)
    return sum_over_replicas(ops.sum(real, axis=0)) / sum_over_replicas(count)


def place_in_batch(count: Any) -> tuple[Any, Any]:
    """Where this replica's rows begin among those of all replicas, and how many these are. All must call it.

    Args:
        count: how many rows this replica has.
    """
    replica = tf.distribute.get_replica_context()
    number = replica.replica_id_in_sync_group
    counts = sum_over_replicas(tf.one_hot(number, replica.num_replicas_in_sync, on_value=count, off_value=0))
    return tf.reduce_sum(counts[:number]), tf.reduce_sum(counts)


def all_of_batch(values: Any) -> Any:
    """A layer's values for the images of a step, of all replicas, in their order. Differentiable.

    Args:
        values: of shape `(n, ...)`.
    """
    if not in_step() or replica_count() == 1:
        return values
    real = real_in_step(values)
    count = ops.shape(real)[0]
    first, total = place_in_batch(count)
    return sum_over_replicas(tf.pad(real, [(first, total - first - count)] + [(0, 0)] * (len(real.shape) - 1)))


def pick_from_batch(values: Any, places: Any) -> Any:
    """Rows of a batch of all replicas, the same ones on each of them. All must call it.

    Args:
        values: this replica's rows, of shape `(n, ...)`.
        places: numbers from 0 to 1, of shape `(k,)`: where in the batch. Those of the first replica count.

    Returns:
        Tensor `(k, ...)`.
    """
    count = ops.shape(values)[0]
    if replica_count() == 1:
        return ops.take(values, _rows_at(places, count), axis=0)
    first, total = place_in_batch(count)
    on_first = tf.distribute.get_replica_context().replica_id_in_sync_group == 0
    rows = _rows_at(sum_over_replicas(tf.where(on_first, places, 0.0)), total) - first
    own = (rows >= 0) & (rows < count)
    # One row more, so that there is one to take where this replica has none.
    picked = tf.gather(_with_rows(values, 1), tf.where(own, rows, count))
    return sum_over_replicas(picked)


def _rows_at(places: Any, count: Any) -> Any:
    rows = ops.cast(places * ops.cast(count, places.dtype), "int32")
    return ops.minimum(rows, count - 1)  # 1 - 1e-8 is 1 in float32
