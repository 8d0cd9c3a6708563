"""A status line that shows the progress of a search."""

import copy
import time
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import keras

from keras_cae.cli.live_line import LiveLine, Part, join_parts
from keras_cae.cli.progress import duration
from keras_cae.cli.tuning.search_plan import SearchPlan, epochs_of
from keras_cae.hypermodels.tuner_files import COMPLETED, FINISHED, SearchFolder, read_trial
from keras_cae.training.step_groups import tolerates_groups

SECONDS_BETWEEN = 0.2
"""The minimum time between two updates of the line."""


class TrialState(NamedTuple):
    """A trial: its status, its hyperparameter values and its score."""

    status: str
    values: dict[str, Any]
    score: float | None


class SearchLine:
    """The status line of a search: the completed trials, the best score and the remaining time.

    Args:
        plan: plan of the search.
        epochs: number of epochs in a trial; ignored for hyperband.
    """

    def __init__(self, plan: SearchPlan, epochs: int) -> None:
        self.plan, self.epochs = plan, epochs
        self.line = LiveLine()
        self._trials: list[TrialState] = []
        self._begin, self._before = time.monotonic(), 0
        self._shown = 0.0

    @property
    def due(self) -> bool:
        """Whether the line can be updated and the last update is not too recent."""
        return self.line.live and time.monotonic() - self._shown >= SECONDS_BETWEEN

    def start(self, trials: Iterable[TrialState]) -> None:
        """Start the clock, given the trials of a resumed search."""
        self.update(trials)
        self._begin, self._before = time.monotonic(), self._done_epochs()

    def update(self, trials: Iterable[TrialState]) -> None:
        """Update the list of all trials."""
        self._trials = list(trials)

    def show(self, what: str, now: str = "", epochs: float = 0.0) -> None:
        """Update the line.

        Args:
            what: the current trial, or the number of trials.
            now: details, such as the current epoch.
            epochs: number of completed epochs in running trials.
        """
        self._shown = time.monotonic()
        parts = [Part(what), *([Part(now)] if now else []), *self._best(), *self._left(epochs)]
        done = (self._done_epochs() + epochs) / self.plan.epochs
        self.line.show(join_parts(parts, self.line.width, done))

    def show_all(self) -> None:
        """Update the line of a search whose trials run in parallel, in other processes."""
        done = sum(trial.status in FINISHED for trial in self._trials)
        running = len(self._trials) - done
        self.show(f"Trials: {done} of {self.plan.trials} done", f"{running} running")

    def _done_epochs(self) -> int:
        return sum(epochs_of(trial.values, self.epochs) for trial in self._trials if trial.status in FINISHED)

    def _best(self) -> list[Part]:
        scores = [trial.score for trial in self._trials if trial.status == COMPLETED and trial.score is not None]
        return [Part(f"best {max(scores):.2f} dB", 1)] if scores else []

    def _left(self, epochs: float) -> list[Part]:
        done = self._done_epochs() - self._before + epochs
        left = self.plan.epochs - self._before - done
        if done <= 0 or left <= 0:
            return []
        return [Part(f"{duration((time.monotonic() - self._begin) / done * left)} left", 2)]


class TrialEpochs(keras.callbacks.Callback):
    """Updates the status line of a search during a trial.

    Args:
        search: the status line.
    """

    def __init__(self, search: SearchLine) -> None:
        super().__init__()
        self.search = search
        self.name = ""
        """The name of the trial."""
        self._epoch = self._first = 0

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # KerasTuner copies callbacks for each trial: all copies share the line.
        return copy.copy(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._first = -1

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch
        if self._first < 0:
            self._first = epoch
        if self.search.due:
            self._show(0.0)

    @tolerates_groups()
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.search.due:
            self._show((batch + 1) / (self.params.get("steps") or float("inf")))

    def _show(self, done: float) -> None:
        now = f"epoch {self._epoch + 1}/{self.params['epochs']}"
        self.search.show(self.name, now, self._epoch - self._first + done)


def trials_in(folder: SearchFolder) -> list[TrialState]:
    """Return the trials of a search that runs in other processes."""
    states = (read_trial(folder.trial(name)) for name in folder.trials())
    return [
        TrialState(state["status"], state["hyperparameters"].get("values", {}), state["score"])
        for state in states
        if state is not None
    ]
