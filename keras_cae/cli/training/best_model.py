"""The checkpoint of the best epoch."""

import json
import os
from pathlib import Path
from typing import Any

import keras

from keras_cae.files import write_atomically, write_text
from keras_cae.precision import save_in_single_precision
from keras_cae.training.step_groups import tolerates_groups


class BestModel(keras.callbacks.Callback):
    """Saves the model after each epoch whose validation loss is the lowest so far.

    Unlike `keras.callbacks.ModelCheckpoint(save_best_only=True)`, it saves the model in float32 and replaces an
    existing file atomically. A run that is stopped and resumed ends with the same file as an uninterrupted run: the
    checkpoint of an incomplete epoch is discarded when training resumes.

    Args:
        path: the file, ending in `.keras`.
        state: the file in which the best epoch and its loss are stored, and from which they are restored.
    """

    def __init__(self, path: Path, state: Path) -> None:
        super().__init__()
        self.path = path
        self._state, self._former = state, state.with_suffix(".keras")
        self.best = float("inf")
        self.epoch = 0
        """The epoch of the saved model, counted from 1, or 0 if none has been saved."""
        if self._state.exists():
            kept = json.loads(self._state.read_text())
            self.best, self.epoch = kept["val_loss"], kept["epoch"]
        if self._former.exists():
            os.replace(self._former, path)
        self._batches = 0

    @tolerates_groups()
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batches = batch + 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["val_loss"])
        if not loss < self.best:
            return
        self._state.parent.mkdir(exist_ok=True)
        stopped = self.model.stop_training and self._batches != self.params.get("steps")
        if stopped and self.epoch:
            with write_atomically(self._former) as unfinished:
                unfinished.write_bytes(self.path.read_bytes())
        with write_atomically(self.path) as unfinished:
            save_in_single_precision(self.model, unfinished)
        self.best, self.epoch = loss, epoch + 1
        if not stopped:
            write_text(self._state, json.dumps({"val_loss": loss, "epoch": self.epoch}))
