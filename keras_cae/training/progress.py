"""The progress of a training, which a backup stores so that training continues with the next batch."""

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
"""The names under which files of weights hold where training is, and the metrics of the epoch so far."""
UNKNOWN = -1
METADATA = "training_metadata.json"
"""The second file of `keras.callbacks.BackupAndRestore`, which it does not read if it is missing."""


class Progress:
    """The epoch and the batch that a model is trained on, in one call of `fit`.

    It is part of the weights that are saved meanwhile, together with the metrics of the epoch so far. When
    `keras.callbacks.BackupAndRestore` loads them, training goes on with the batch after the last one that the
    weights have seen: the batches before it are taken from the data, and dropped. So the weights become those
    of a training without interruption, if the data come in the same order again.

    Args:
        trainer: the model.
        callbacks: those of `fit`.
        data: what it is trained on. A stream of images is told which epochs to leave out.
        first_epoch: the epoch with which `fit` begins.
    """

    def __init__(self, trainer: Any, callbacks: Iterable[Any], data: Any = None, first_epoch: int = 0) -> None:
        self.trainer = trainer
        self._data, self._first_epoch = data, first_epoch
        self.backups = [each for each in callbacks if isinstance(each, keras.callbacks.BackupAndRestore | RestoreOnly)]
        self.epoch, self.batch, self.steps = 0, 0, UNKNOWN
        self._loaded: Any = None
        self._resuming = False
        self._unseen = 0  # the number of batches that are still to be dropped
        self._groups = StepGroups(callbacks)
        self._ahead = 0  # the number of batches that the model was trained on before Keras asked for it
        self._logs: Any = None
        self._metrics: dict[str, np.ndarray] = {}

    # In files

    def state(self) -> dict[str, np.ndarray]:
        """Return what to save with the weights."""
        metrics = enumerate(_variables_of_metrics(self.trainer)) if self.batch else ()
        return {
            POSITION: np.array([self.epoch, self.batch, self.steps]),
            **{f"{METRIC}{number}": np.asarray(variable) for number, variable in metrics},
        }

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what was saved with weights."""
        if POSITION in state:
            self._loaded = state

    # From the beginning of `fit` to its end

    def begin(self, steps: int | None) -> None:
        """Prepare for training that begins, before callbacks load backups.

        Args:
            steps: the number of batches in an epoch, if it is known.
        """
        self.steps = UNKNOWN if steps is None else steps
        self._loaded = None
        begin_at_epoch(self.trainer, None)  # Keras keeps that of the last backup that it loaded.
        for backup in self.backups:
            _remove_damaged_metadata(backup)

    def resume(self) -> None:
        """Continue where the backup was made, if one has been loaded.

        Raises:
            ValueError: it was made in an epoch of another number of batches.
        """
        if self._loaded is None or not self.backups:
            return
        epoch, batch, steps = (int(number) for number in self._loaded[POSITION])
        if batch and steps != self.steps and UNKNOWN not in (steps, self.steps):
            raise ValueError(
                f"The backup was made after {batch} of {steps} batches of epoch {epoch + 1}, but an epoch now has "
                f"{self.steps} batches. Train on the same data with the same batch_size to go on with it; or remove "
                "the folder of the backup to begin again."
            )
        self.epoch, self.batch, self._unseen, self._resuming = epoch, batch, batch, True
        self._metrics = {name: value for name, value in self._loaded.items() if name.startswith(METRIC)}
        begin_at_epoch(self.trainer, epoch)
        if hasattr(self._data, "skip_epochs"):
            self._data.skip_epochs(max(0, epoch - self._first_epoch))

    def begin_epoch(self, epoch: int) -> None:
        """Note that an epoch begins: that of the backup, or the next one."""
        if not self._resuming:
            self.epoch, self.batch = epoch, 0
        self._resuming, self._ahead = False, 0

    def end_epoch(self, epoch: int) -> None:
        """Note that an epoch is over, unless training was stopped in the middle of it."""
        stopped = self.trainer.stop_training and not 0 < self.steps <= self.batch
        if not stopped:
            self.epoch, self.batch = epoch + 1, 0

    # Batches

    def take(self, function: Callable[..., Any], iterator: Any, groups: bool = False) -> Any:
        """Take the next step of training, or drop its batches if the weights have seen them.

        Args:
            function: takes a step, or several.
            iterator: the batches.
            groups: whether the function may take several steps at once, and do nothing when Keras asks for them later.

        Returns:
            The logs.
        """
        steps = self.trainer.steps_per_execution
        if self._ahead:
            self._ahead -= 1
            return self._logs
        if self._unseen <= 0 and groups:
            self._logs, count = self._groups.run(function, iterator, self.steps - self.batch)
            self.batch += count
            self._ahead = count - 1
            return self._logs
        if self._unseen <= 0:
            logs = function(iterator)
            self.batch += steps
            return logs
        for _ in range(steps):
            batch = next(iterator, None)
            if batch is None:
                break
            self._restore_metrics(batch)
        self._unseen -= steps
        return self.trainer.get_metrics_result()

    def _restore_metrics(self, batch: Any) -> None:
        """Give the metrics the values that they had in this epoch."""
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
    """Follows the progress of a training; the first of the callbacks.

    Args:
        progress: progress of the training.
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
    """Goes on where the backup was made that another callback has loaded; the last of the callbacks.

    Args:
        progress: progress of the training.
    """

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress

    def on_train_begin(self, logs: Any = None) -> None:
        self.progress.resume()


def _variables_of_metrics(trainer: Any) -> list[Any]:
    return [variable for metric in trainer.metrics for variable in metric.variables]


def _remove_damaged_metadata(backup: Any) -> None:
    """Remove the second file of a backup if it is damaged. All that it says is also in the first one."""
    folder = str(getattr(backup, "backup", backup).backup_dir)
    file = Path(folder) / METADATA
    if "://" in folder or not file.exists():
        return
    try:
        json.loads(file.read_text())["epoch"]
    except (ValueError, KeyError, TypeError):
        file.unlink(missing_ok=True)
