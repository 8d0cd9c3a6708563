"""Stop signals during a search."""

import copy
from typing import Any, Self

from keras_cae.cli.exit_handling import Stopped
from keras_cae.cli.stop_callback import StopCallback
from keras_cae.training.step_groups import tolerates_groups


class SearchStop(StopCallback):
    """Raises `Stopped` at the end of the batch in which a stop signal arrives, and immediately on a second signal.

    An exception raised by the signal handler itself may be lost: Python ignores exceptions in callbacks of weak
    references, which are frequent during searches. Use it as a context manager around `search`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._received: list[int] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # KerasTuner copies callbacks for each trial: all copies share the signals.
        return copy.copy(self)

    def raise_if_received(self) -> None:
        """Raise `Stopped` if a signal was received."""
        if self._received:
            raise Stopped(self._received[0])

    @tolerates_groups()
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.raise_if_received()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.raise_if_received()

    def handle(self, signal_number: int) -> None:
        self._received.append(signal_number)
        if len(self._received) > 1:
            raise Stopped(signal_number)
