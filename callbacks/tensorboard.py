"""The TensorBoard callback of Keras, extended to tolerate a full disk."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from keras_cae.callbacks.write_failures import WRITE_ERRORS, WriteFailures, write_failures


class TensorBoard(keras.callbacks.TensorBoard):
    """A `keras.callbacks.TensorBoard` that warns about a full disk and lets training continue.

    It has the same name as its base class, because KerasTuner uses the name to find the callback whose folder it
    redirects. Summaries per batch are not protected.
    """

    _failures: WriteFailures | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        self._failures = None  # forget the failures of an earlier training run
        with self._tolerating_full_disk(lambda failures, error: failures.warn_or_raise(error)):
            super().on_train_begin(logs)

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
