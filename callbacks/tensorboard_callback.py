"""The base class of callbacks that write to TensorBoard."""

import abc
import copy
import os
import sys
from typing import Any, Self

import keras

from keras_cae.callbacks.event_writer import EventWriter, open_writer
from keras_cae.callbacks.inference import inference_of
from keras_cae.callbacks.summaries import Summary
from keras_cae.training.random_state import same_noise
from keras_cae.training.step_groups import tolerates_groups
from keras_cae.validation import positive_int


class TensorBoardCallback(keras.callbacks.Callback, abc.ABC):
    """Base class of callbacks that write summaries at the end of epochs, with the epoch as the step.

    Subclasses override `summaries`, and `incompatibility` if they don't support all models. Summaries are written for
    the epochs 0, `freq`, 2 `freq`, … and for the last one, even if training stops early. They are flushed to disk at
    the end of the epoch, so that TensorBoard shows them during training and none are lost if training is interrupted.
    If the disk is full, the callback warns and training continues.

    Random numbers in the summaries leave the random state of training unchanged.

    Copies, such as those that KerasTuner makes for each trial, share the attributes listed in `shared_by_copies`, but
    not the state of a training run in progress.

    Args:
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        freq: number of epochs from one summary to the next. None for the first and the last epoch only.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the folder can't be written to, or the callback
            does not support the model.
    """

    chief_only = True
    """Whether only the first of several workers runs the callback."""
    shared_by_copies: tuple[str, ...] = ()
    """The names of attributes that are large and never modified."""
    skip_incompatible = False
    """Whether to skip a model that the callback does not support, instead of raising an error."""

    def __init__(self, log_dir: Any, freq: int | None = 1) -> None:
        super().__init__()
        self.log_dir = _checked_log_dir(log_dir)
        self.freq = None if freq is None else positive_int(freq, "freq")
        self.reset_run()

    @abc.abstractmethod
    def summaries(self, epoch: int) -> dict[str, Summary]:
        """Return the summaries of an epoch by their tags."""

    def files(self, epoch: int) -> dict[str, bytes]:
        """Return the files to write after the summaries, by their paths in the folder."""
        return {}

    def on_write_failure(self, epoch: int) -> None:
        """Handle a failure to write the summaries or the files of an epoch. By default, do nothing."""

    def incompatibility(self) -> str | None:
        """Return why the callback does not support the model, or None if it does.

        Raises:
            ValueError: the arguments of the callback don't fit the model; for instance, the shape of its images.
        """
        return None

    def reset_run(self) -> None:
        """Reset the state of a training run. Subclasses with additional state extend this method."""
        self._writer: EventWriter | None = None
        self._unwritten_epoch: int | None = None
        self._last_epoch = 0
        self._idle = False
        self.inference: Any = None

    @property
    def directory(self) -> str:
        """The folder of the event files to which `log_dir` currently refers."""
        shared = isinstance(self.log_dir, keras.callbacks.TensorBoard)
        return os.fspath(self.log_dir.log_dir if shared else self.log_dir)

    def on_train_begin(self, logs: Any = None) -> None:
        self._end_run()
        if getattr(self.model, "built", False):
            self._check_model()
        if not self._idle:
            self._writer = open_writer(self.directory)

    @tolerates_groups()
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # The model was not yet built when training began.
        if self.inference is None:
            self._check_model()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._last_epoch = epoch
        last = epoch + 1 == (self.params or {}).get("epochs") or self.model.stop_training
        if last or epoch % (self.freq or sys.maxsize) == 0:
            self._write(epoch)
        else:
            self._unwritten_epoch = epoch

    def on_train_end(self, logs: Any = None) -> None:
        # A callback that comes after this one in the list may have stopped training.
        if self._unwritten_epoch is not None:
            self._write(self._unwritten_epoch)
        self._end_run(completed=True)

    def on_fit_exit(self) -> None:
        """Close the files: the `fit` of this library's models calls this after an exception, too."""
        self._end_run()

    def _check_model(self) -> None:
        self.inference = inference_of(self.model)
        try:
            with same_noise(self.model):
                reason = self.incompatibility()
        except ValueError as error:
            error.add_note(f"The invalid argument was passed to {type(self).__name__}.")
            raise
        if reason is None:
            return
        if not self.skip_incompatible:
            raise ValueError(f"{type(self).__name__} can't show {type(self.model).__name__}: {reason}")
        if self._writer is not None:
            self._writer.close()
        self._writer, self._idle = None, True

    def _write(self, epoch: int) -> None:
        self._unwritten_epoch = None
        if self._writer is None:
            return
        with same_noise(self.model):
            summaries, files = self.summaries(epoch), self.files(epoch)
        if not self._writer.write(summaries, epoch, files):
            self.on_write_failure(epoch)

    def _end_run(self, completed: bool = False) -> None:
        if self._writer is not None:
            self._writer.close()
        self.reset_run()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = copy.copy(self)
        memo[id(self)] = twin
        twin.set_model(None)
        twin.reset_run()
        for name, value in vars(twin).items():
            if name not in self.shared_by_copies:
                setattr(twin, name, copy.deepcopy(value, memo))
        return twin


def _checked_log_dir(log_dir: Any) -> Any:
    if not isinstance(log_dir, str | os.PathLike | keras.callbacks.TensorBoard) or str(log_dir) == "":
        raise ValueError(
            f"log_dir must be a path, or the keras.callbacks.TensorBoard whose folder to share, got {log_dir!r}."
        )
    return log_dir
