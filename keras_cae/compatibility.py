"""All uses of private parts of Keras, in one place."""

from typing import Any

import keras
import tensorflow as tf

from keras_cae.validation import one_of

KERAS_DIRECTIONS = {"max": "up", "min": "down"}


def declare_direction(metric: keras.metrics.Metric, direction: str) -> None:
    """Tell Keras whether larger or smaller values of a metric are better.

    `EarlyStopping`, `ModelCheckpoint` and `ReduceLROnPlateau` with `mode="auto"` read the attribute
    `_direction` of the monitored metric (Keras 3.15, keras/src/callbacks/monitor_callback.py) and refuse to
    guess without it. Keras offers no public way to set it. A Keras that reads something else leaves these
    callbacks asking for `mode`; nothing else depends on it.

    Args:
        metric: the metric.
        direction: "max" if larger values are better, "min" if smaller ones are.

    Raises:
        ValueError: the direction is another one.
    """
    direction = one_of(direction, "direction", tuple(KERAS_DIRECTIONS))
    metric._direction = KERAS_DIRECTIONS[direction]


def declared_direction(metric: keras.metrics.Metric) -> str | None:
    """Return whether larger values of a metric are better, "max", or smaller ones, "min"; None if not declared."""
    declared = getattr(metric, "_direction", None)
    return next((name for name, keras_name in KERAS_DIRECTIONS.items() if keras_name == declared), None)


def begin_at_epoch(model: keras.Model, epoch: int | None) -> None:
    """Make `fit` begin with an epoch, counted from 0; None for its `initial_epoch`.

    `keras.callbacks.BackupAndRestore` sets the same attribute, which `fit` reads after `on_train_begin` (Keras
    3.15, keras/src/backend/tensorflow/trainer.py). Keras never takes it back, so that a second `fit` of the
    model would begin there too.
    """
    model._initial_epoch = epoch


class DistributedTraining(keras.Model):
    """A `keras.Model` whose `fit` and `evaluate` run under every distribution strategy.

    Keras 3.15 has a defect (keras-team/keras issue 20585; keras/src/backend/tensorflow/trainer.py): before the
    first step it adds up the replicas' parts of a batch, to learn their shapes. That fails over several workers,
    and wherever the parts differ in size. Here the shapes are those of one part.

    On one device, pipelines of arrays end as soon as they are dropped: see `UntunedStrategy`.
    """

    @property
    def distribute_strategy(self) -> Any:
        """The strategy that the model was made under, through which Keras runs its pipelines."""
        strategy = super().distribute_strategy
        return UntunedStrategy(strategy) if strategy.num_replicas_in_sync == 1 else strategy

    def _build_metrics(self, batch: Any) -> None:
        """Make the variables of the metrics, which Keras otherwise does in the first step on one replica.

        Args:
            batch: what a step is given.
        """
        self._symbolic_build(data_batch=batch)

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        strategy = self.distribute_strategy
        if iterator is not None and strategy.num_replicas_in_sync > 1:
            part = strategy.experimental_local_results(next(_first_iterator(iterator)))[0]
            iterator, data_batch = None, keras.tree.map_structure(_without_batch_size, part)
        super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)


class UntunedStrategy:
    """A strategy of one replica, which runs Keras's pipelines of arrays without tuning them.

    TensorFlow 2.21 tunes pipelines in a thread that looks at them after 10, 20, 40 … ms, in the end once a
    minute. Whoever drops a pipeline wakes it, but says only a moment later that the pipeline is cancelled
    (`StartCancel` in tensorflow/core/framework/cancellation.cc); a thread that was quicker sleeps on, and the
    end of every epoch, of `evaluate` and of `predict` waits for it, for as long as the epoch took. There is
    nothing to tune about arrays in memory, so their pipelines do without. Those of users keep their tuning.
    """

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self._strategy = strategy

    @property  # type: ignore[misc]  # mypy takes it for the class itself
    def __class__(self) -> type:  # The strategy that it stands for, to isinstance.
        return type(self._strategy)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._strategy, name)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Return the dataset, untuned if it is one that Keras made of arrays: those it asks not to optimize."""
        if dataset.options().experimental_optimization.apply_default_optimizations is False:
            untuned = tf.data.Options()
            untuned.autotune.enabled = False
            dataset = dataset.with_options(untuned)
        return self._strategy.experimental_distribute_dataset(dataset, options)


def spans_workers(strategy: tf.distribute.Strategy) -> bool:
    """Return whether the replicas of a strategy are in several processes."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return False
    return strategy.num_replicas_in_sync > len(strategy.extended.worker_devices)


def _first_iterator(epochs: Any) -> Any:
    for _, _, batches in epochs:
        return batches
    raise ValueError("There is no batch to train on.")


def _without_batch_size(part: Any) -> Any:
    return keras.KerasTensor((None, *part.shape[1:]), dtype=keras.backend.standardize_dtype(part.dtype))
