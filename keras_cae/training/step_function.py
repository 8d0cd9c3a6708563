"""The function that runs a step on all replicas of a distribution strategy."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_cae.training.batch_checks import NO_PROBLEM, ON_OTHER_WORKER


def replicated(model: Any, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that takes a batch from an iterator and runs a step on all replicas.

    If any replica refuses its part of the batch, no replica runs the step. The logs are the means over all replicas,
    also with several workers, where Keras's own function fails (keras-team/keras issue 20585).

    Args:
        model: a `Trainer` that was created under the strategy.
        step: its training or evaluation step.
    """
    strategy, gate = model.distribute_strategy, model._gate

    def find_problem(data: Any) -> tuple[Any, Any]:
        kind = tf.cast(gate.problem_of(data), "int32")
        return kind, gate.extremes(kind, *keras.utils.unpack_x_y_sample_weight(data))

    def run_step(data: Any) -> Any:
        logs = strategy.run(step, args=(data,))
        return keras.tree.map_structure(lambda value: strategy.reduce("MEAN", value, axis=None), logs)

    def on_batch(data: Any) -> Any:
        kinds, extremes = strategy.run(find_problem, args=(data,))
        refusing = strategy.reduce("SUM", kinds, axis=None)
        kind, values = _local_problem(strategy, kinds, extremes)

        def record() -> None:
            gate.record(tf.where(tf.equal(kind, NO_PROBLEM), ON_OTHER_WORKER, kind), values)

        return gate.run_unless_refused(refusing, run_step, data, record)

    if not model.run_eagerly:
        on_batch = tf.function(on_batch, reduce_retracing=True, autograph=False)

    def run(iterator: Any) -> Any:
        return on_batch(next(iterator))

    return run


def _local_problem(strategy: Any, kinds: Any, extremes: Any) -> tuple[Any, Any]:
    """Return the problem of one of this worker's replicas, and the extreme values of its part of the batch."""
    kind, values = tf.constant(NO_PROBLEM), tf.zeros(4)
    local = (strategy.experimental_local_results(part) for part in (kinds, extremes))
    for number, found in zip(*local, strict=True):
        kind, values = tf.where(number > 0, number, kind), tf.where(number > 0, found, values)
    return kind, values
