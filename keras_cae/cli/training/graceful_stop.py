"""Stop signals during training."""

import contextlib
import os
import signal
from typing import Any

from keras_cae.cli.exit_handling import STDERR, Stopped
from keras_cae.cli.stop_callback import StopCallback
from keras_cae.training.step_groups import tolerates_groups


class GracefulStop(StopCallback):
    """Ends training after the current batch, with a final validation, on a stop signal such as Ctrl-C.

    A second signal raises `Stopped` immediately. Use it as a context manager around `fit`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requested = 0
        """The number of the signal, or 0 if none was received."""

    def handle(self, signal_number: int) -> None:
        if self.requested:
            raise Stopped(signal_number)
        self.requested = signal_number
        remedy = "; press Ctrl-C again to stop immediately" if signal_number == signal.SIGINT else ""
        # Python's own streams are not reentrant, and the signal may have interrupted one.
        with contextlib.suppress(OSError):
            os.write(STDERR, f"\nStopping after this batch{remedy}.\n".encode())

    @tolerates_groups()
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._stop_if_requested()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._stop_if_requested()

    def _stop_if_requested(self) -> None:
        if self.requested:
            self.model.stop_training = True
