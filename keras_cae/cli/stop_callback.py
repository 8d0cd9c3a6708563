"""The base class of callbacks that handle stop signals."""

import abc
import contextlib
from typing import Self

import keras

from keras_cae.cli.endings import stop_signals_handled


class StopCallback(keras.callbacks.Callback, abc.ABC):
    """A callback that handles stop signals while its context is active."""

    def __init__(self) -> None:
        super().__init__()
        self._handling = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._handling.enter_context(stop_signals_handled(self.handle))
        return self

    def __exit__(self, *error: object) -> None:
        self._handling.close()

    @abc.abstractmethod
    def handle(self, signal_number: int) -> None:
        """Handle a signal, which may arrive at any point of the program."""
