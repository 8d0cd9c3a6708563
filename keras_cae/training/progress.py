"""The position in training, which a backup stores so that training resumes with the next batch."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_cae.compatibility import begin_at_epoch
from keras_cae.training.step_groups import StepGroups
from keras_cae.training.workers import RestoreOnly

POSITION, METRIC = "training.position", "training.metric."
"""The names under which weight files store the position in training and the metrics of the current epoch."""
UNKNOWN = -1
METADATA = "training_metadata.json"
"""The second file of `keras.callbacks.BackupAndRestore`, which is optional."""


class Progress:
    """The epoch and the batch that a call of `fit` has reached.

    While `fit` runs, this position and the metrics of the current epoch are saved with the weights. When
    `keras.callbacks.BackupAndRestore` loads such weights, training resumes with the first batch that they have not been
    trained on: earlier batches of the epoch are read and skipped. The final weights equal those of an uninterrupted
    run, provided that the data come in the same order again.

    Args:
        trainer: the model.
        callbacks: the callbacks of `fit`.
        data: the training data. An image stream is told with which epoch to begin.
        first_epoch: the `initial_epoch` of `fit`.
    """

    def __init__(self, trainer: Any, callbacks: Iterable[Any], data: Any = None, first_epoch: int = 0) -> None:
        self.trainer = trainer
        self._first_epoch = first_epoch
        self._stream = getattr(data, "image_stream", None)
        self._stream_begin = 0 if self._stream is None else self._stream.next_epoch
        self.backups = [each for each in callbacks if isinstance(each, keras.callbacks.BackupAndRestore | RestoreOnly)]
        self.epoch, self.batch, self.steps = 0, 0, UNKNOWN
        self._loaded: Any = None
        self._resuming = False
        self._batches_to_skip = 0
        self._groups = StepGroups(callbacks)
        self._ahead = 0  # the number of batches that the model was trained on before Keras asked for it
        self._logs: Any = None
        self._metrics: dict[str, np.ndarray] = {}

    # State that is saved in files

    def state(self) -> dict[str, np.ndarray]:
        """Return the state that is saved with the weights."""
        metrics = enumerate(_variables_of_metrics(self.trainer)) if self.batch else ()
        return {
            POSITION: np.array([self.epoch, self.batch, self.steps]),
            **{f"{METRIC}{number}": np.asarray(variable) for number, variable in metrics},
        }

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Store the state that was loaded with the weights, for `resume`."""
        if POSITION in state:
            self._loaded = state

    # The course of `fit`

    def begin(self, steps: int | None) -> None:
        """Prepare for the start of training, before callbacks load backups.

        Args:
            steps: number of batches in an epoch, or None if it is unknown.
        """
        self.steps = UNKNOWN if steps is None else steps
        self._loaded = None
        if self._stream is not None:  # Under several replicas, the model may have been built for a batch of it.
            self._stream.next_epoch = self._stream_begin
        begin_at_epoch(self.trainer, None)  # Keras keeps the epoch of the last backup that it loaded.
        for backup in self.backups:
            _remove_damaged_metadata(backup)

    def resume(self) -> None:
        """Resume at the position of the backup, if a backup has been loaded.

        Raises:
            ValueError: the backup was made with a different number of batches per epoch.
        """
        if self._loaded is None or not self.backups:
            return
        epoch, batch, steps = (int(number) for number in self._loaded[POSITION])
        if batch and steps != self.steps and UNKNOWN not in (steps, self.steps):
            raise ValueError(
                f"The backup was made after {batch} of {steps} batches of epoch {epoch + 1}, but an epoch now has "
                f"{self.steps} batches. Train on the same data with the same batch_size to resume; or delete the "
                "folder of the backup to start over."
            )
        self.epoch, self.batch, self._batches_to_skip, self._resuming = epoch, batch, batch, True
        self._metrics = {name: value for name, value in self._loaded.items() if name.startswith(METRIC)}
        begin_at_epoch(self.trainer, epoch)
        if self._stream is not None:
            self._stream.next_epoch = self._epoch_of_stream(epoch)

    def begin_epoch(self, epoch: int) -> None:
        """Record the beginning of an epoch: the epoch of the backup or the next one."""
        if not self._resuming:
            self.epoch, self.batch = epoch, 0
        self._resuming, self._ahead = False, 0

    def end_epoch(self, epoch: int) -> None:
        """Record the end of an epoch, unless training was stopped in the middle of it."""
        stopped = self.trainer.stop_training and not 0 < self.steps <= self.batch
        if not stopped:
            self.epoch, self.batch = epoch + 1, 0

    def _epoch_of_stream(self, epoch: int) -> int:
        return self._stream_begin + max(0, epoch - self._first_epoch)

    # Batches

    def run_step(self, function: Callable[..., Any], iterator: Any, groups: bool = False) -> Any:
        """Run the next training step, or skip its batches if the restored weights have been trained on them.

        Args:
            function: runs one execution, which may be several steps.
            iterator: the batches.
            groups: whether the function may take several steps at once, and do nothing when Keras asks for them later.

        Returns:
            The logs.
        """
        steps = self.trainer.steps_per_execution
        if self._ahead:
            self._ahead -= 1
            return self._logs
        if self._batches_to_skip <= 0 and groups:
            self._logs, count = self._groups.run(function, iterator, self.steps - self.batch)
            self.batch += count
            self._ahead = count - 1
            return self._logs
        if self._batches_to_skip <= 0:
            logs = function(iterator)
            self.batch += steps
            return logs
        for _ in range(steps):
            batch = next(iterator, None)
            if batch is None:
                break
            self._restore_metrics(batch)
        self._batches_to_skip -= steps
        return self.trainer.get_metrics_result()

    def _restore_metrics(self, batch: Any) -> None:
        """Restore the values that the metrics had in the interrupted epoch."""
        if not self._metrics:
            return
        variables = _variables_of_metrics(self.trainer)
        if len(variables) < len(self._metrics):
            self.trainer._build_metrics(batch)
            variables = _variables_of_metrics(self.trainer)
        if len(variables) == len(self._metrics):
            for number, variable in enumerate(variables):
                variable.assign(self._metrics[f"{METRIC}{number}"])
        self._metrics = {}


class ProgressStart(keras.callbacks.Callback):
    """Updates the progress of `fit`. It must be the first callback.

    Args:
        progress: progress of `fit`.
    """

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress, self._gate = progress, progress.trainer._gate

    def on_train_begin(self, logs: Any = None) -> None:
        self.progress.begin((self.params or {}).get("steps"))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._gate.place = f"epoch {epoch + 1}, batch"
        self._gate.begin()
        self.progress.begin_epoch(epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.progress.end_epoch(epoch)

    def on_test_begin(self, logs: Any = None) -> None:
        self._gate.place = "the validation data, batch"


class ProgressResumption(keras.callbacks.Callback):
    """Resumes training from a backup that another callback has loaded. It must be the last callback.

    Args:
        progress: progress of `fit`.
    """

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress

    def on_train_begin(self, logs: Any = None) -> None:
        self.progress.resume()


def _variables_of_metrics(trainer: Any) -> list[Any]:
    return [variable for metric in trainer.metrics for variable in metric.variables]


def _remove_damaged_metadata(backup: Any) -> None:
    """Remove the second file of a backup if it is damaged. The first file contains the same information."""
    folder = str(getattr(backup, "backup", backup).backup_dir)
    file = Path(folder) / METADATA
    if "://" in folder or not file.exists():
        return
    try:
        json.loads(file.read_text())["epoch"]
    except (ValueError, KeyError, TypeError):
        file.unlink(missing_ok=True)
