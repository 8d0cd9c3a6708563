"""What the callbacks that write to TensorBoard have in common: when they write, and where."""

import copy
import os
from typing import Any, Self

import keras
import tensorflow as tf

from keras_cae.validation import positive_int


class TensorBoardCallback(keras.callbacks.Callback):
    """Writes summaries at the end of epochs, with the epoch's number as their step.

    A subclass writes `write_summaries`. They are written for the epochs 0, `freq`, 2 `freq`, … and for the
    last one, also where training stops early. After each of them they are on the disk: TensorBoard shows
    them while training goes on, and an interrupted training loses none.

    Copies, such as KerasTuner makes for every trial, share the attributes that `shared_by_copies` names, and
    nothing of a training that is going on.

    Args:
        log_dir: folder of the event files, made when training begins; or the `keras.callbacks.TensorBoard`
            whose folder to share, read when training begins.
        freq: number of epochs from one summary to the next.

    Raises:
        ValueError: an argument is not of the kind named above; or, when training begins, the folder can't
            be written to.
    """

    chief_only = True
    """Of several workers only the first runs the callback."""
    shared_by_copies: tuple[str, ...] = ()
    """Names of attributes that are large and never changed."""

    def __init__(self, log_dir: Any, freq: int = 1) -> None:
        super().__init__()
        self.log_dir = _checked_log_dir(log_dir)
        self.freq = positive_int(freq, "freq")
        self.forget_run()

    def write_summaries(self, epoch: int) -> None:
        """Write the summaries of an epoch, with `tf.summary`."""
        raise NotImplementedError

    def forget_run(self) -> None:
        """Drop what belongs to one training. A subclass with more of it extends this."""
        self._writer: Any = None
        self._unwritten_epoch: int | None = None

    @property
    def directory(self) -> str:
        """The folder of the event files, as `log_dir` has it at this time."""
        shared = isinstance(self.log_dir, keras.callbacks.TensorBoard)
        return os.fspath(self.log_dir.log_dir if shared else self.log_dir)

    def on_train_begin(self, logs: Any = None) -> None:
        self._end_run()
        self._writer = _open_writer(self.directory)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        last = epoch + 1 == (self.params or {}).get("epochs") or self.model.stop_training
        if last or epoch % self.freq == 0:
            self._write(epoch)
        else:
            self._unwritten_epoch = epoch

    def on_train_end(self, logs: Any = None) -> None:
        # A callback that comes after this one may have ended training.
        if self._unwritten_epoch is not None:
            self._write(self._unwritten_epoch)
        self._end_run()

    def _write(self, epoch: int) -> None:
        # `keras.callbacks.TensorBoard` may have turned recording off between its own summaries.
        with self._writer.as_default(), tf.summary.record_if(True):
            self.write_summaries(epoch)
        self._writer.flush()
        self._unwritten_epoch = None

    def _end_run(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self.forget_run()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = copy.copy(self)
        memo[id(self)] = twin
        twin.set_model(None)
        twin.forget_run()
        for name, value in vars(twin).items():
            if name not in self.shared_by_copies:
                setattr(twin, name, copy.deepcopy(value, memo))
        return twin


def _checked_log_dir(log_dir: Any) -> Any:
    if not isinstance(log_dir, str | os.PathLike | keras.callbacks.TensorBoard):
        raise ValueError(
            "log_dir must be a path, or the keras.callbacks.TensorBoard whose folder to share, got "
            f"{log_dir!r}."
        )
    return log_dir


def _open_writer(directory: str) -> Any:
    try:
        tf.io.gfile.makedirs(directory)
        return tf.summary.create_file_writer(directory)
    except tf.errors.OpError as error:
        raise ValueError(
            f"log_dir must be a folder that can be written to, got {directory!r}: {error.message}"
        ) from error
