"""Several training steps in one call of the compiled function, where no callback looks at single batches."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import keras
import tensorflow as tf

HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
SECONDS = 0.1
"""How long a group of steps may take, so that Ctrl-C and the progress bar respond as usual."""
LARGEST = 64
"""The maximum number of steps in a group."""

_tolerant: dict[Any, Callable[[Any], bool]] = {
    getattr(keras.callbacks.Callback, hook): lambda callback: True for hook in HOOKS
}
"""The hooks of callbacks that may be called after a group of steps, under a condition on the callback."""


def tolerates_groups(condition: Callable[[Any], bool] = lambda callback: True) -> Callable[[Any], Any]:
    """Return a decorator for hooks of callbacks that do not depend on the model being at that very batch.

    Such hooks are still called once per batch, but for several batches in a row after all of them were trained on. A
    hook without the decorator makes `fit` return from the compiled function after every step.

    Args:
        condition: function of the callback that returns whether this holds for the way it was configured.
    """

    def register(hook: Any) -> Any:
        _tolerant[hook] = condition
        return hook

    return register


def _saves_per_epoch(callback: Any) -> bool:
    return callback.save_freq == "epoch"


for _saving in (keras.callbacks.BackupAndRestore, keras.callbacks.ModelCheckpoint):
    tolerates_groups(_saves_per_epoch)(_saving.on_train_batch_end)
# Once the mean loss of an epoch is not finite, it stays so: training ends after the group, as it would after the step.
tolerates_groups()(keras.callbacks.TerminateOnNaN.on_batch_end)


def _tolerates_groups(callback: Any) -> bool:
    """Return whether a callback gives the same results if its hooks are called after a group of steps."""
    hooks = [getattr(getattr(callback, hook), "__func__", None) for hook in HOOKS]
    return all(hook in _tolerant and _tolerant[hook](callback) for hook in hooks)


class StepGroups:
    """Decides how many steps the compiled function takes before it returns to Python.

    Returning after every step leaves the processor idle for a moment, which matters for small models. The number of
    steps grows until a group takes about `SECONDS`. Whatever it is, the results are the same.

    Args:
        callbacks: callbacks of `fit`.
    """

    def __init__(self, callbacks: Iterable[Any]) -> None:
        self._allowed = all(map(_tolerates_groups, callbacks))
        self._size = 1
        self._traced = False

    def run(self, function: Callable[..., Any], iterator: Any, left: int) -> tuple[Any, int]:
        """Run a group of steps.

        Args:
            function: takes an iterator, and the number of steps, by default 1.
            iterator: iterator over batches.
            left: the number of batches that are left in this epoch, or a negative number if it is unknown.

        Returns:
            The logs, and the number of steps.
        """
        if not self._allowed or left < 2:
            return function(iterator), 1
        count = min(self._size, left)
        begin = time.perf_counter()
        logs = function(iterator, count)
        if self._traced:  # The first call compiles the function.
            seconds = (time.perf_counter() - begin) / count
            self._size = max(1, min(int(SECONDS / seconds), 2 * self._size, LARGEST))
        self._traced = True
        return logs, count


def grouped(model: Any, single: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a training function that takes one or more steps.

    Args:
        model: a `Trainer`.
        single: Keras's function for one step, for iterators of Python.
    """

    def on_batch(batch: Any) -> None:
        model.distribute_strategy.run(model.train_step, args=(batch,))

    if model.jit_compile:
        on_batch = tf.function(on_batch, jit_compile=True, reduce_retracing=True)

    @tf.function(reduce_retracing=True, autograph=False)
    def on_iterator(iterator: Any, count: Any) -> Any:
        def body(done: Any) -> Any:
            on_batch(keras.tree.map_structure(_none_if_optional, iterator.get_next()))
            return done + 1

        tf.while_loop(lambda done: done < count, body, [tf.constant(0)], parallel_iterations=1)
        return model.get_metrics_result()

    def run(iterator: Any, count: int = 1) -> Any:
        if not isinstance(iterator, tf.data.Iterator):
            return single(iterator)
        try:
            return on_iterator(iterator, tf.constant(count))
        except tf.errors.OutOfRangeError:
            raise StopIteration from None

    return run


def _none_if_optional(part: Any) -> Any:
    """Return None for the optional values by which Keras represents missing targets and weights of generators."""
    return None if isinstance(part, tf.experimental.Optional) else part
