"""Ctrl-C during training."""

import os
import signal

import keras
import numpy as np
import pytest

from keras_cae.cli.training.graceful_stop import GracefulStop

DATA = np.zeros((8, 1), np.float32)


class PressCtrlC(keras.callbacks.Callback):
    """Sends this process `times` interrupts after a batch or an epoch, and records what follows."""

    def __init__(self, after, times=1):
        super().__init__()
        self.after, self.times = after, times
        self.batches, self.epochs = 0, []

    def press(self):
        for _ in range(self.times):
            os.kill(os.getpid(), signal.SIGINT)
        self.times = 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.after == "batch":
            self.press()

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(logs)
        if self.after == "epoch":
            self.press()


@pytest.fixture
def interrupted():
    """Simulate Ctrl-C during training, and return what happened."""
    # Background processes may ignore interrupts.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)

    def fit(press):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        with GracefulStop() as stop:
            model.fit(
                DATA,
                DATA,
                batch_size=2,
                epochs=3,
                verbose=0,
                validation_data=(DATA, DATA),
                callbacks=[press, stop],
            )
        return stop

    yield fit
    signal.signal(signal.SIGINT, previous)


def test_the_first_one_ends_the_epoch_with_a_validation(interrupted):
    press = PressCtrlC("batch")
    assert interrupted(press).requested
    assert press.batches == 1
    assert len(press.epochs) == 1
    assert "val_loss" in press.epochs[0]


def test_between_epochs_it_stops_at_once(interrupted):
    press = PressCtrlC("epoch")
    assert interrupted(press).requested
    assert press.batches == 4
    assert len(press.epochs) == 1


def test_the_second_one_interrupts(interrupted):
    press = PressCtrlC("batch", times=2)
    with pytest.raises(KeyboardInterrupt):
        interrupted(press)
    assert press.epochs == []


def test_without_it_nothing_changes(interrupted):
    press = PressCtrlC("batch", times=0)
    assert not interrupted(press).requested
    assert press.batches == 12


def test_afterwards_interrupts_are_what_they_were(interrupted):
    interrupted(PressCtrlC("batch"))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ignored_interrupts_stay_ignored(interrupted):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert not interrupted(PressCtrlC("batch", times=3)).requested
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
