"""The function that runs a step on all replicas of a distribution strategy."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_cae.training.batch_checks import ELSEWHERE, NO_PROBLEM


def replicated(model: Any, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that takes a batch from an iterator and runs a step on all replicas.

    If any replica refuses its part of the batch, none takes the step. The logs are the means over replicas, over
    several workers too, where Keras's own function fails (keras-team/keras issue 20585).

    Args:
        model: a `Trainer`, made under the strategy.
        step: its training or evaluation step.
    """
    strategy, gate = model.distribute_strategy, model._gate

    def look(data: Any) -> tuple[Any, Any]:
        kind = tf.cast(gate.problem_of(data), "int32")
        return kind, gate.extremes(kind, *keras.utils.unpack_x_y_sample_weight(data))

    def take(data: Any) -> Any:
        logs = strategy.run(step, args=(data,))
        return keras.tree.map_structure(lambda value: strategy.reduce("MEAN", value, axis=None), logs)

    def on_batch(data: Any) -> Any:
        kinds, extremes = strategy.run(look, args=(data,))
        refusing = strategy.reduce("SUM", kinds, axis=None)
        kind, values = _of_one_replica(strategy, kinds, extremes)

        def record() -> None:
            gate.record(tf.where(tf.equal(kind, NO_PROBLEM), ELSEWHERE, kind), values)

        return gate.run_unless_refused(refusing, take, data, record)

    if not model.run_eagerly:
        on_batch = tf.function(on_batch, reduce_retracing=True, autograph=False)

    def run(iterator: Any) -> Any:
        return on_batch(next(iterator))

    return run


def _of_one_replica(strategy: Any, kinds: Any, extremes: Any) -> tuple[Any, Any]:
    """Return the problem of a local replica that has one, and its extremes."""
    kind, values = tf.constant(NO_PROBLEM), tf.zeros(4)
    local = (strategy.experimental_local_results(part) for part in (kinds, extremes))
    for number, those in zip(*local, strict=True):
        kind, values = tf.where(number > 0, number, kind), tf.where(number > 0, those, values)
    return kind, values
