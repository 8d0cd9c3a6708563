"""The TensorBoard callback of Keras, extended to tolerate a full disk."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from keras_cae.callbacks.write_failures import WRITE_ERRORS, WriteFailures, write_failures
from keras_cae.training.step_groups import tolerates_groups


def _only_per_epoch(callback: Any) -> bool:
    return callback.update_freq == "epoch" and not callback.write_steps_per_second and not callback.profile_batch


class TensorBoard(keras.callbacks.TensorBoard):
    """A `keras.callbacks.TensorBoard` that warns about a full disk and lets training continue.

    It has the same name as its base class, because KerasTuner uses the name to find the callback whose folder it
    redirects. Summaries per batch are not protected.

    Args:
        *args: positional arguments of `keras.callbacks.TensorBoard`.
        profile_batch: the batches to profile, as in `keras.callbacks.TensorBoard`.
        **kwargs: keyword arguments of `keras.callbacks.TensorBoard`.
    """

    _failures: WriteFailures | None = None

    def __init__(self, *args: Any, profile_batch: Any = 0, **kwargs: Any) -> None:
        super().__init__(*args, profile_batch=profile_batch, **kwargs)
        self.profile_batch = profile_batch

    def on_train_begin(self, logs: Any = None) -> None:
        self._failures = None  # forget the failures of an earlier training run
        with self._tolerating_full_disk(lambda failures, error: failures.warn_or_raise(error)):
            super().on_train_begin(logs)

    @tolerates_groups(_only_per_epoch)
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_begin(batch, logs)

    @tolerates_groups(_only_per_epoch)
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        with self._tolerating_full_disk():
            super().on_epoch_end(epoch, logs)

    def on_test_begin(self, logs: Any = None) -> None:
        with self._tolerating_full_disk():
            super().on_test_begin(logs)

    def on_test_end(self, logs: Any = None) -> None:
        with self._tolerating_full_disk():
            super().on_test_end(logs)

    def on_train_end(self, logs: Any = None) -> None:
        with self._tolerating_full_disk():
            super().on_train_end(logs)

    @contextlib.contextmanager
    def _tolerating_full_disk(
        self, handle: Callable[[WriteFailures, Exception], None] = WriteFailures.warn
    ) -> Iterator[None]:
        if self._failures is None:
            self._failures = write_failures(self.log_dir)
        try:
            with _default_writer_restored():
                yield
        except WRITE_ERRORS as error:
            handle(self._failures, error)


class _NoWriter(tf.summary.SummaryWriter):
    """A summary writer that discards all summaries."""

    def init(self) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


@contextlib.contextmanager
def _default_writer_restored() -> Iterator[None]:
    """Restore the default summary writer on exit, even if another one could not be flushed.

    TensorFlow flushes a writer when its context ends. If that fails, the writer remains the default one, and all later
    summaries would fail, too.
    """
    nothing = _NoWriter()
    with nothing.as_default():
        try:
            yield
        finally:
            nothing.set_as_default()
