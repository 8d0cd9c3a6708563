"""The base class of callbacks that handle stop signals."""

import abc
import contextlib
from typing import Self

import keras

from keras_cae.cli.exit_handling import handle_stop_signals


class StopCallback(keras.callbacks.Callback, abc.ABC):
    """A callback that handles stop signals while its context is active."""

    def __init__(self) -> None:
        super().__init__()
        self._handling = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._handling.enter_context(handle_stop_signals(self.handle))
        return self

    def __exit__(self, *error: object) -> None:
        self._handling.close()

    @abc.abstractmethod
    def handle(self, signal_number: int) -> None:
        """Handle a signal, which may arrive at any point of the program."""
