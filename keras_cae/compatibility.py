"""All uses of private parts of Keras.

The training, the metrics, the optimizers and the callbacks use it.
"""

import functools
from typing import Any

import keras
import tensorflow as tf

from keras_cae.validation import one_of

KERAS_DIRECTIONS = {"max": "up", "min": "down"}


def declare_direction(metric: keras.metrics.Metric, direction: str) -> None:
    """Tell Keras whether larger or smaller values of a metric are better.

    `EarlyStopping`, `ModelCheckpoint` and `ReduceLROnPlateau` with `mode="auto"` read the attribute `_direction` of the
    monitored metric (Keras 3.15, keras/src/callbacks/monitor_callback.py) and raise an error without it. Keras has no
    public way to set it. If another version of Keras does not read it, these callbacks need `mode`; nothing else
    depends on it.

    Args:
        metric: the metric.
        direction: "max" if larger values are better, "min" if smaller values are.

    Raises:
        ValueError: the direction is neither of these.
    """
    direction = one_of(direction, "direction", tuple(KERAS_DIRECTIONS))
    metric._direction = KERAS_DIRECTIONS[direction]


def declared_direction(metric: keras.metrics.Metric) -> str | None:
    """Return the declared direction of a metric, "max" or "min"; None if it is not declared."""
    declared = getattr(metric, "_direction", None)
    return next((name for name, keras_name in KERAS_DIRECTIONS.items() if keras_name == declared), None)


def variable_index(optimizer: keras.optimizers.Optimizer, variable: Any) -> int:
    """Return the index of a variable among those with which an optimizer was built.

    Keras calls `update_step` with variables of TensorFlow, which may be those of one replica, and has no public way to
    find the Keras variables that `build` was given. All optimizers of Keras 3.15 call this method.
    """
    index: int = optimizer._get_variable_index(variable)
    return index


def begin_at_epoch(model: keras.Model, epoch: int | None) -> None:
    """Make `fit` start with an epoch, counted from 0; None restores its `initial_epoch`.

    `keras.callbacks.BackupAndRestore` sets the same attribute, which `fit` reads after `on_train_begin` (Keras 3.15,
    keras/src/backend/tensorflow/trainer.py). Keras never resets it, so a second `fit` of the model would start there
    too.
    """
    model._initial_epoch = epoch


class DistributedTraining(keras.Model):
    """A `keras.Model` whose `fit` and `evaluate` run under every distribution strategy.

    Keras 3.15 has a bug (keras-team/keras issue 20585; keras/src/backend/tensorflow/trainer.py): before the first step
    it sums the replicas' parts of a batch to get their shapes. This fails with several workers, and if the parts differ
    in size. This class takes the shapes from one part.

    On one device, it makes pipelines of arrays start and terminate without delay; see `SingleReplicaStrategy`.
    """

    @property
    def distribute_strategy(self) -> Any:
        """The strategy that the model was created under, through which Keras runs its pipelines."""
        strategy = super().distribute_strategy
        return SingleReplicaStrategy(strategy) if strategy.num_replicas_in_sync == 1 else strategy

    def _build_metrics(self, batch: Any) -> None:
        """Create the variables of the metrics, which Keras otherwise does in the first step on one replica.

        Args:
            batch: the input of a step.
        """
        self._symbolic_build(data_batch=batch)

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        strategy = self.distribute_strategy
        if iterator is not None and strategy.num_replicas_in_sync > 1:
            part = strategy.experimental_local_results(next(_first_iterator(iterator)))[0]
            iterator, data_batch = None, keras.tree.map_structure(_without_batch_size, part)
        super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)


class SingleReplicaStrategy:
    """A strategy with one replica whose pipelines of arrays delay neither the beginning nor the end of an epoch.

    They are started when the first batch is needed. At the end of each epoch, Keras (3.15,
    keras/src/trainers/epoch_iterator.py) makes an iterator that it replaces before it has taken a batch from it.

    They run without autotuning. TensorFlow 2.21 tunes pipelines in a thread that wakes up after 10, 20, 40 … ms, up to
    once a minute. When a pipeline is deleted, the thread is woken before the pipeline is marked as cancelled
    (`StartCancel` in tensorflow/core/framework/cancellation.cc). If the thread checks too early, it sleeps again, and
    the end of every epoch, of `evaluate` and of `predict` waits for it, for as long as the epoch took.

    Arrays in memory need no tuning, and no iterator changes their order. Datasets of users are still tuned, and as many
    iterators are made of them as by Keras, because each of them may advance the seed of a shuffle.
    """

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self._strategy = strategy

    @property  # type: ignore[misc]  # mypy does not expect a property
    def __class__(self) -> type:  # Makes isinstance see the wrapped strategy.
        return type(self._strategy)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._strategy, name)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Distribute a dataset. If Keras made it from arrays, its iterators are lazy; see `started`."""
        if dataset.options().experimental_optimization.apply_default_optimizations is not False:
            return self._strategy.experimental_distribute_dataset(dataset, options)
        # Keras disables the optimizations of its pipelines of arrays.
        untuned = tf.data.Options()
        untuned.autotune.enabled = False
        return _LazyDataset(self._strategy.experimental_distribute_dataset(dataset.with_options(untuned), options))


class _LazyDataset:
    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __iter__(self) -> Any:
        return _LazyIterator(self.dataset)


class _LazyIterator:
    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    @functools.cached_property
    def started(self) -> Any:
        return iter(self._dataset)

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return next(self.started)


def started(iterator: Any) -> Any:
    """Return the iterator of TensorFlow that an iterator of `fit` or `evaluate` stands for."""
    return iterator.started if isinstance(iterator, _LazyIterator) else iterator


def spans_workers(strategy: tf.distribute.Strategy) -> bool:
    """Return whether a strategy has several workers."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return False
    return strategy.num_replicas_in_sync > len(strategy.extended.worker_devices)


def _first_iterator(epochs: Any) -> Any:
    for _, _, batches in epochs:
        return batches
    raise ValueError("There is no batch to train on.")


def _without_batch_size(part: Any) -> Any:
    return keras.KerasTensor((None, *part.shape[1:]), dtype=keras.backend.standardize_dtype(part.dtype))
