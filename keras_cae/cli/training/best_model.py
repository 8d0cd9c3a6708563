"""The model of the best epoch, safe on disk at every moment."""

from pathlib import Path
from typing import Any

import keras

from keras_cae.files import write_atomically


class BestModel(keras.callbacks.Callback):
    """Saves the model after each epoch whose validation loss is the lowest so far.

    Like `keras.callbacks.ModelCheckpoint(save_best_only=True)`, but a file that is there stays whole: the
    next one is written beside it and then takes its place, whatever happens meanwhile.

    Args:
        path: the file, ending in `.keras`.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.best = float("inf")
        self.epoch = 0
        """The number of the epoch that the file is from, counted from 1; 0 before there is one."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {})["val_loss"]
        if loss < self.best:
            with write_atomically(self.path) as unfinished:
                self.model.save(unfinished)
            self.best, self.epoch = loss, epoch + 1
