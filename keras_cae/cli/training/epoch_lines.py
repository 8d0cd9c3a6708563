"""A line of output for each epoch of training."""

import math
import time
from typing import Any

import keras

from keras_cae.cli.live_line import LiveLine, Part, join_parts
from keras_cae.cli.progress import duration
from keras_cae.training.step_groups import tolerates_groups

SECONDS_BETWEEN = 0.1
"""The minimum time between two updates of the line."""


class EpochLines(keras.callbacks.Callback):
    """Prints a line for each epoch. On a terminal, the line of the current epoch has a bar and is updated in place.

    Lines are limited to the width of the terminal: metrics are omitted first, the loss last.
    """

    def __init__(self) -> None:
        super().__init__()
        self._line = LiveLine()
        self._epoch = self._first = 0
        self._begin = self._second = self._epoch_begin = self._shown = 0.0
        self._validated: dict[str, float] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._begin = time.monotonic()
        self._first = -1
        self._validated = {}

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        now = time.monotonic()
        if self._first < 0:
            self._first = epoch
        elif epoch == self._first + 1:
            self._second = now
        self._epoch, self._epoch_begin, self._shown = epoch, now, 0.0

    @tolerates_groups()
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        now = time.monotonic()
        if not self._line.live:
            return
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            self._line.clear()  # Keras prints that training is terminated
        elif now - self._shown >= SECONDS_BETWEEN:
            self._shown = now
            self._show(batch + 1, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        self._validated = {name: value for name, value in logs.items() if name.startswith("val_")}
        parts = [Part(self._head()), *_values(logs), Part(f"{time.monotonic() - self._epoch_begin:.1f} s", 4)]
        self._line.keep(join_parts([*parts, *self._left(1.0)], self._line.width))

    def _show(self, batches: int, logs: dict[str, float]) -> None:
        steps = self.params.get("steps")
        parts = [Part(self._head()), *_values({**logs, **self._validated})]
        done = None
        if steps:
            done = batches / steps
            parts += self._left(done)
        else:
            parts.insert(1, Part(f"batch {batches:,}"))
        self._line.show(join_parts(parts, self._line.width, done))

    def _head(self) -> str:
        return f"Epoch {self._epoch + 1}/{self.params['epochs']}"

    def _left(self, done: float) -> list[Part]:
        """Return the remaining time, given the completed fraction of the epoch."""
        left = self.params["epochs"] - self._epoch - done
        epochs, since = self._epoch - self._first + done, self._begin
        if self._epoch > self._first:
            # The first epoch takes longer because it includes compilation.
            epochs, since = epochs - 1, self._second
        if left <= 0 or epochs <= 0:
            return []
        return [Part(f"{duration((time.monotonic() - since) / epochs * left)} left", 1)]


def _values(logs: dict[str, float]) -> list[Part]:
    """Return the loss, the validation loss and all other values, in this order."""
    ranks = {"loss": 0, "val_loss": 2}
    names = sorted(logs, key=lambda name: ranks.get(name, 3))
    return [Part(f"{name} {logs[name]:#.4g}", ranks.get(name, 3)) for name in names]
