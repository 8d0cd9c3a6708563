"""Ctrl-C during training."""

import os
import signal
import threading
from types import FrameType
from typing import Any, Self

import keras

STDERR = 2


class GracefulStop(keras.callbacks.Callback):
    """Lets Ctrl-C end the training as early stopping does: after the batch, with a last validation.

    A second Ctrl-C raises the `KeyboardInterrupt` that the first one would have raised. To be used as a
    context manager around `fit`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requested = False
        self._previous: Any = None

    def __enter__(self) -> Self:
        # Only the main thread may handle signals; and a process started to ignore Ctrl-C goes on ignoring it.
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.getsignal(signal.SIGINT)
            if self._previous is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *error: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, signal_number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        # Python's own streams may be in the middle of a line, and can't be entered twice.
        os.write(STDERR, b"\nStopping after this batch; Ctrl-C again stops at once.\n")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._stop_if_requested()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._stop_if_requested()

    def _stop_if_requested(self) -> None:
        if self.requested:
            self.model.stop_training = True
