"""The trials of a search, and whose checkpoints are worth keeping."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import keras_tuner

from keras_cae.hypermodels.tuner_files import COMPLETED, SearchFolder, bracket_and_round, checkpoints, read_trial


class TrialState(NamedTuple):
    """What is known of a trial."""

    file: Path
    status: str
    score: float | None
    values: dict[str, Any]


def tuners_callback(callbacks: Iterable[Any]) -> Any:
    """Return the callback by which a tuner follows a trial: it has the attributes `tuner` and `trial`."""
    return next((each for each in callbacks if hasattr(each, "tuner") and hasattr(each, "trial")), None)


def keep_best(
    callbacks: Sequence[keras.callbacks.Callback],
    keep: int | None,
    score: float,
    objective: keras_tuner.Objective,
) -> None:
    """Remove the checkpoints of all completed trials but the best ones, the running one's included.

    Hyperband goes on from checkpoints: those of the last two rounds of each of its brackets stay.

    Args:
        callbacks: those that the tuner gave the running trial.
        keep: number of checkpoints that stay; None for all.
        score: the objective that the running trial has reached.
        objective: objective of the search.
    """
    running = tuners_callback(callbacks)
    if keep is None or running is None:
        return
    own = _file(running)
    completed = [trial for trial in _other_trials(own) if trial.status == COMPLETED]
    completed.append(TrialState(own, COMPLETED, score, running.trial.hyperparameters.values))
    last_rounds = _last_rounds(completed)
    sign = -1.0 if objective.direction == "max" else 1.0
    for trial in sorted(completed, key=lambda trial: sign * (trial.score or 0.0))[keep:]:
        place = bracket_and_round(trial.values)
        continued = place is not None and place[1] >= last_rounds[place[0]] - 1
        # Another execution of the running trial may not write a checkpoint again.
        repeated = trial.file == own and running.tuner.executions_per_trial > 1
        if not continued and not repeated:
            for checkpoint in checkpoints(trial.file):
                checkpoint.unlink(missing_ok=True)


def none_completed(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Return whether the running trial is the last one that a tuner will make, and all others have failed."""
    running = tuners_callback(callbacks)
    if running is None:
        return False
    others = _other_trials(_file(running))
    return len(others) + 1 == running.tuner.oracle.max_trials and all(
        trial.status in ("FAILED", "INVALID") for trial in others
    )


def _file(running: Any) -> Path:
    """Return the file of the trial that a tuner's callback follows."""
    name = running.trial.trial_id
    return SearchFolder(Path(running.tuner.get_trial_dir(name)).parent).trial(name)


def _other_trials(own: Path) -> list[TrialState]:
    """Return all trials of the search but one, of all workers, as far as they can be read."""
    search = SearchFolder(own.parent.parent)
    files = [search.trial(name) for name in search.trials()]
    states = {file: read_trial(file) for file in files if file != own}
    return [
        TrialState(file, state["status"], state["score"], state["hyperparameters"]["values"])
        for file, state in states.items()
        if state is not None
    ]


def _last_rounds(trials: Iterable[TrialState]) -> dict[int, int]:
    """Return the last round of every bracket of Hyperband that has a completed trial."""
    rounds: dict[int, int] = {}
    for trial in trials:
        place = bracket_and_round(trial.values)
        if place is not None:
            bracket, number = place
            rounds[bracket] = max(number, rounds.get(bracket, 0))
    return rounds
