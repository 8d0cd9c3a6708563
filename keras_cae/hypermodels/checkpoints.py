"""The files of a search: which trials there are, and whose checkpoints are worth keeping."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras


class FinishedTrial(NamedTuple):
    """What a trial left in its folder."""

    folder: Path
    status: str
    score: float | None
    values: dict[str, Any]


def keep_best(callbacks: Sequence[keras.callbacks.Callback], keep: int | None, score: float) -> None:
    """Remove the checkpoints of all completed trials but the best ones, the running one's included.

    Hyperband goes on from checkpoints: those of the two last rounds of each of its brackets stay.

    Args:
        callbacks: those that the tuner gave the running trial.
        keep: how many checkpoints stay; None for all.
        score: the objective that the running trial has reached; larger is better.
    """
    running = _tuners_callback(callbacks)
    if keep is None or running is None:
        return
    own = Path(running.tuner.get_trial_dir(running.trial.trial_id))
    completed = [
        trial for trial in _trials(own.parent) if trial.status == "COMPLETED" and trial.folder != own
    ]
    completed.append(FinishedTrial(own, "COMPLETED", score, running.trial.hyperparameters.values))
    last_rounds = _last_rounds(completed)
    for trial in sorted(completed, key=lambda trial: -(trial.score or 0.0))[keep:]:
        bracket, round_number = trial.values.get("tuner/bracket"), trial.values.get("tuner/round", 0)
        continued = bracket is not None and round_number >= last_rounds[bracket] - 1
        # Another execution of the running trial may not write a checkpoint again.
        repeated = trial.folder == own and running.tuner.executions_per_trial > 1
        if not continued and not repeated:
            for checkpoint in trial.folder.glob("checkpoint*"):
                checkpoint.unlink(missing_ok=True)


def none_completed(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Whether the running trial is the last one that a tuner will make, and all others have failed."""
    running = _tuners_callback(callbacks)
    if running is None:
        return False
    own = Path(running.tuner.get_trial_dir(running.trial.trial_id))
    others = [trial for trial in _trials(own.parent) if trial.folder != own]
    return len(others) + 1 == running.tuner.oracle.max_trials and all(
        trial.status in ("FAILED", "INVALID") for trial in others
    )


def _tuners_callback(callbacks: Iterable[Any]) -> Any:
    """The callback by which a tuner follows a trial, with the attributes `tuner` and `trial`."""
    return next((each for each in callbacks if hasattr(each, "tuner") and hasattr(each, "trial")), None)


def _trials(project: Path) -> list[FinishedTrial]:
    """The trials of a search, of all workers."""
    trials = []
    for file in sorted(project.glob("trial_*/trial.json")):
        state = json.loads(file.read_text())
        values = state["hyperparameters"]["values"]
        trials.append(FinishedTrial(file.parent, state["status"], state["score"], values))
    return trials


def _last_rounds(trials: Iterable[FinishedTrial]) -> dict[int, int]:
    """The last round of every bracket of Hyperband that has a completed trial."""
    rounds: dict[int, int] = {}
    for trial in trials:
        if "tuner/bracket" in trial.values:
            bracket, number = trial.values["tuner/bracket"], trial.values["tuner/round"]
            rounds[bracket] = max(number, rounds.get(bracket, 0))
    return rounds
