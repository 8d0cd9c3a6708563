"""Stop signals during training."""

import contextlib
import os
import signal
from typing import Any

from keras_cae.cli.endings import STDERR, Stopped
from keras_cae.cli.stop_callback import StopCallback


class GracefulStop(StopCallback):
    """Lets a stop signal, such as Ctrl-C, end training after the batch, with a last validation.

    A second signal raises the `Stopped` that the first one would have raised. To be used as a context manager
    around `fit`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requested = 0
        """The number of the signal; 0 before there is one."""

    def handle(self, signal_number: int) -> None:
        if self.requested:
            raise Stopped(signal_number)
        self.requested = signal_number
        remedy = "; Ctrl-C again stops at once" if signal_number == signal.SIGINT else ""
        # Python's own streams may be in the middle of a line, and can't be entered twice.
        with contextlib.suppress(OSError):
            os.write(STDERR, f"\nStopping after this batch{remedy}.\n".encode())

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._stop_if_requested()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._stop_if_requested()

    def _stop_if_requested(self) -> None:
        if self.requested:
            self.model.stop_training = True
