"""Where training is, for errors about a batch."""

from typing import Any

import keras


class EpochCounter(keras.callbacks.Callback):
    """Tells a model which epoch it trains.

    Args:
        trainer: the model, whose gate counts the batches of each epoch.
    """

    def __init__(self, trainer: Any) -> None:
        super().__init__()
        self.trainer = trainer

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.trainer.gate.place = f"epoch {epoch + 1}, batch"
        self.trainer.gate.begin()

    def on_test_begin(self, logs: Any = None) -> None:
        self.trainer.gate.place = "the validation data, batch"
