"""Removal of the checkpoints of the worse trials of a search."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import keras_tuner

from keras_cae.hypermodels.tuner_files import COMPLETED, SearchFolder, bracket_and_round, checkpoints, read_trial


class TrialState(NamedTuple):
    """The state of a trial, as its file describes it."""

    file: Path
    status: str
    score: float | None
    values: dict[str, Any]


def tuner_callback(callbacks: Iterable[Any]) -> Any:
    """Return the callback that a tuner adds to a trial, which has the attributes `tuner` and `trial`, or None."""
    return next((each for each in callbacks if hasattr(each, "tuner") and hasattr(each, "trial")), None)


def keep_best(
    callbacks: Sequence[keras.callbacks.Callback],
    keep: int | None,
    score: float,
    objective: keras_tuner.Objective,
) -> None:
    """Remove the checkpoints of all completed trials, including the running one, except for the best trials.

    Checkpoints of the last two rounds of each Hyperband bracket are kept, because Hyperband resumes trials from them.

    Args:
        callbacks: the callbacks of the running trial.
        keep: number of trials whose checkpoints are kept; None for all.
        score: value of the objective in the running trial.
        objective: objective of the search.
    """
    running = tuner_callback(callbacks)
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
        # Further executions of the running trial may not write the checkpoint again.
        repeated = trial.file == own and running.tuner.executions_per_trial > 1
        if not continued and not repeated:
            for checkpoint in checkpoints(trial.file):
                checkpoint.unlink(missing_ok=True)


def all_others_failed(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Return whether the running trial is the last one of the search, and all others have failed."""
    running = tuner_callback(callbacks)
    if running is None:
        return False
    others = _other_trials(_file(running))
    return len(others) + 1 == running.tuner.oracle.max_trials and all(
        trial.status in ("FAILED", "INVALID") for trial in others
    )


def _file(running: Any) -> Path:
    """Return the file of the trial to which a tuner's callback belongs."""
    name = running.trial.trial_id
    return SearchFolder(Path(running.tuner.get_trial_dir(name)).parent).trial(name)


def _other_trials(own: Path) -> list[TrialState]:
    """Return the other trials of the search, of all workers, if they can be read."""
    search = SearchFolder(own.parent.parent)
    files = [search.trial(name) for name in search.trials()]
    states = {file: read_trial(file) for file in files if file != own}
    return [
        TrialState(file, state["status"], state["score"], state["hyperparameters"]["values"])
        for file, state in states.items()
        if state is not None
    ]


def _last_rounds(trials: Iterable[TrialState]) -> dict[int, int]:
    """Return the last round with a completed trial in each bracket of Hyperband."""
    rounds: dict[int, int] = {}
    for trial in trials:
        place = bracket_and_round(trial.values)
        if place is not None:
            bracket, number = place
            rounds[bracket] = max(number, rounds.get(bracket, 0))
    return rounds
