"""Measurements in rounds that alternate between competitors."""

import statistics
import time
from typing import NamedTuple


class Times(NamedTuple):
    """Wall-clock time, and processor time summed over all processors, in seconds."""

    clock: float
    processors: float


class Ratio(NamedTuple):
    """The ratio of the medians of two competitors, and the smallest and the largest ratio of a round."""

    of_medians: float
    smallest: float
    largest: float

    def __str__(self):
        spread = f" ({self.smallest:.2f}–{self.largest:.2f})"
        return f"{self.of_medians:.2f}{'' if self.smallest == self.largest else spread}"


def timed(function, *arguments, **options):
    """Return the `Times` of a call."""
    started = time.perf_counter(), time.process_time()
    function(*arguments, **options)
    return Times(time.perf_counter() - started[0], time.process_time() - started[1])


def interleaved(competitors, rounds):
    """Call the competitors, a dictionary of functions, in several rounds, and return the list of results of each.

    Every second round is in reverse order, so that no competitor always comes after the same other one.
    """
    returned = {name: [] for name in competitors}
    for index in range(rounds):
        for name in list(competitors)[:: -1 if index % 2 else 1]:
            returned[name].append(competitors[name]())
    return returned


def warm_up(competitors):
    """Run all competitors once, because the first run compiles functions."""
    interleaved(competitors, rounds=1)


def ratio(numerators, denominators):
    each = [a / b for a, b in zip(numerators, denominators, strict=True)]
    return Ratio(statistics.median(numerators) / statistics.median(denominators), min(each), max(each))


def ratios(numerators, denominators):
    """Return the `Ratio`s of the wall-clock times and of the processor times, from lists of `Times`."""
    return [ratio(*pair) for pair in zip(columns(numerators), columns(denominators), strict=True)]


def medians(times):
    """Return the medians of a list of `Times`."""
    return Times(*(statistics.median(column) for column in columns(times)))


def columns(times):
    return list(zip(*times, strict=True))
