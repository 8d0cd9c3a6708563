"""The model of the best epoch, safe on disk at every moment."""

import json
import os
from pathlib import Path
from typing import Any

import keras

from keras_cae.files import write_atomically, write_text
from keras_cae.precision import save_in_single_precision


class BestModel(keras.callbacks.Callback):
    """Saves the model after each epoch whose validation loss is the lowest so far.

    Like `keras.callbacks.ModelCheckpoint(save_best_only=True)`, but in float32; a file that is there stays whole, and a
    training that is stopped and goes on ends with the same file as one that is not. An epoch that was stopped
    in its middle counts only until training goes on.

    Args:
        path: the file, ending in `.keras`.
        state: where to keep which epoch it is from. What is there is taken over.
    """

    def __init__(self, path: Path, state: Path) -> None:
        super().__init__()
        self.path = path
        self._state, self._former = state, state.with_suffix(".keras")
        self.best = float("inf")
        self.epoch = 0
        """The number of the epoch that the file is from, counted from 1; 0 before there is one."""
        if self._state.exists():
            kept = json.loads(self._state.read_text())
            self.best, self.epoch = kept["val_loss"], kept["epoch"]
        if self._former.exists():
            os.replace(self._former, path)
        self._batches = 0

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
