"""Selection of the callbacks that a worker runs, and their notification when `fit` ends."""

from typing import Any

import keras
import tensorflow as tf

WRITERS = (keras.callbacks.CSVLogger, keras.callbacks.ModelCheckpoint, keras.callbacks.TensorBoard)
"""Keras's callbacks that only write files. Other callbacks declare this with an attribute `chief_only = True`."""


def callbacks_of_worker(callbacks: Any, strategy: tf.distribute.Strategy) -> Any:
    """Return the callbacks of `fit` that this worker runs.

    Only the chief writes files. Other workers skip the callbacks that only write, and read the chief's backups without
    writing any. All workers therefore resume from the same epoch, and no worker overwrites another's files.
    """
    if strategy.extended.should_checkpoint or not callbacks:
        return callbacks
    if isinstance(callbacks, keras.callbacks.CallbackList):
        raise ValueError(
            "callbacks must be a list of callbacks if there are several workers, because only the chief writes files, "
            "got a CallbackList."
        )
    kept = [callback for callback in keras.tree.flatten(callbacks) if not _only_writes(callback)]
    return [_reading(callback) for callback in kept]


def end_of_fit(callbacks: Any) -> None:
    """Call `on_fit_exit` of the callbacks that have it. `fit` may have ended with an exception.

    Keras does not notify callbacks of exceptions, so that they would leave files open.
    """
    for callback in keras.tree.flatten(getattr(callbacks, "callbacks", callbacks)):
        if hasattr(callback, "on_fit_exit"):
            callback.on_fit_exit()


def _only_writes(callback: keras.callbacks.Callback) -> bool:
    return isinstance(callback, WRITERS) or getattr(callback, "chief_only", False)


def _reading(callback: keras.callbacks.Callback) -> keras.callbacks.Callback:
    return RestoreOnly(callback) if isinstance(callback, keras.callbacks.BackupAndRestore) else callback


class RestoreOnly(keras.callbacks.Callback):
    """Restores the backup that `keras.callbacks.BackupAndRestore` saved on another worker, and saves nothing."""

    def __init__(self, backup: keras.callbacks.BackupAndRestore) -> None:
        super().__init__()
        self.backup = backup

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self.backup.set_model(model)

    def on_train_begin(self, logs: Any = None) -> None:
        self.backup.on_train_begin(logs)
