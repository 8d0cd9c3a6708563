"""The number of trials and epochs in a search."""

import math
from typing import Any, NamedTuple

FACTOR = 3
"""Hyperband's reduction factor, KerasTuner's default."""


class SearchPlan(NamedTuple):
    """The numbers of trials and of epochs in a search, if no trial ends early."""

    trials: int
    epochs: int


def plan_search(tuner: str, trials: int, epochs: int) -> SearchPlan:
    """Return the plan of a search.

    Args:
        tuner: a value of `--tuner`.
        trials: number of trials; ignored for hyperband.
        epochs: maximum number of epochs in a trial.
    """
    if tuner != "hyperband":
        return SearchPlan(trials, trials * epochs)
    rounds = hyperband_rounds(epochs)
    return SearchPlan(sum(size for size, _ in rounds), sum(size * more for size, more in rounds))


def hyperband_rounds(epochs: int) -> list[tuple[int, int]]:
    """Return the number of trials in each round of Hyperband (Li et al. 2018, "Hyperband"), and the epochs per trial.

    The rounding of the sizes follows the implementation in KerasTuner, which is not part of its public API.
    """
    last = math.ceil(1 + math.log(epochs, FACTOR))
    brackets, shortest = 0, float(epochs)
    while shortest >= 1:
        shortest, brackets = shortest / FACTOR, brackets + 1
    rounds = []
    for bracket in range(brackets):
        before = 0
        for number in range(bracket + 1):
            size = math.ceil(last / (bracket + 1) * FACTOR ** (bracket - number))
            until = math.ceil(epochs / FACTOR ** (bracket - number))
            rounds.append((size, until - before))
            before = until
    return rounds


def epochs_of(values: dict[str, Any], epochs: int) -> int:
    """Return the number of epochs in a trial.

    Args:
        values: the hyperparameter values of the trial.
        epochs: number of epochs if the tuner is not hyperband.
    """
    return int(values.get("tuner/epochs", epochs)) - int(values.get("tuner/initial_epoch", 0))
