"""Rounds that alternate between competitors, and what is made of their times."""

import statistics
import time
from typing import NamedTuple


class Times(NamedTuple):
    """Seconds on the clock, and of computation by all processors."""

    clock: float
    processors: float


class Ratio(NamedTuple):
    """The ratio of two medians over the rounds; the smallest and the largest ratio of a round."""

    of_medians: float
    smallest: float
    largest: float

    def __str__(self):
        spread = f" ({self.smallest:.2f}–{self.largest:.2f})"
        return f"{self.of_medians:.2f}{'' if self.smallest == self.largest else spread}"


def timed(function, *arguments, **options):
    """The `Times` that a call takes."""
    started = time.perf_counter(), time.process_time()
    function(*arguments, **options)
    return Times(time.perf_counter() - started[0], time.process_time() - started[1])


def interleaved(competitors, rounds):
    """What the competitors, a dictionary of functions, return in every round: a list for each of them.

    Every second round goes backwards, so that none of them always comes after the same other one.
    """
    returned = {name: [] for name in competitors}
    for index in range(rounds):
        for name in list(competitors)[:: -1 if index % 2 else 1]:
            returned[name].append(competitors[name]())
    return returned


def warm_up(competitors):
    """Run all competitors once, because the first run compiles."""
    interleaved(competitors, rounds=1)


def ratio(numerators, denominators):
    each = [a / b for a, b in zip(numerators, denominators, strict=True)]
    return Ratio(statistics.median(numerators) / statistics.median(denominators), min(each), max(each))


def ratios(numerators, denominators):
    """The `Ratio`s of the times on the clock and of the processors, from lists of `Times`."""
    return [ratio(*pair) for pair in zip(columns(numerators), columns(denominators), strict=True)]


def medians(times):
    """The median `Times` of a list of them."""
    return Times(*(statistics.median(column) for column in columns(times)))


def columns(times):
    return list(zip(*times, strict=True))
