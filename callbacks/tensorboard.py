"""The curves of Keras's own callback, without which a training can go on."""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from keras_cae.callbacks.event_writer import message_of, no_writer_left


class TensorBoard(keras.callbacks.TensorBoard):
    """`keras.callbacks.TensorBoard` that outlives a full disk: it warns once, and training goes on.

    By the name of the class KerasTuner knows whose folder to redirect.
    """

    warned = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        with self._outliving_errors():
            super().on_epoch_end(epoch, logs)

    def on_test_end(self, logs: Any = None) -> None:
        with self._outliving_errors():
            super().on_test_end(logs)

    def on_train_end(self, logs: Any = None) -> None:
        with self._outliving_errors():
            super().on_train_end(logs)

    @contextlib.contextmanager
    def _outliving_errors(self) -> Iterator[None]:
        try:
            with no_writer_left():
                yield
        except (OSError, tf.errors.OpError) as error:
            if not self.warned:
                self.warned = True
                warnings.warn(
                    f"The curves could not be written to {self.log_dir!r}: {message_of(error)} Training goes "
                    "on; TensorBoard will miss some of them.",
                    stacklevel=2,
                )
