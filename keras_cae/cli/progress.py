"""Progress of a command: a bar on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from keras_cae.cli.messages import warn
from keras_cae.wording import counted

TENTHS = 10
PATIENCE = 5.0
"""The minimum number of seconds between two lines of a log."""


@contextmanager
def progress(count: int, verb: str = "Scoring", noun: str = "images") -> Iterator[Callable[[int], None]]:
    """Show on stderr how many images have been processed, and the remaining time.

    Args:
        count: total number of images.
        verb: name of the operation, capitalized.
        noun: noun for the images, in the plural.

    Yields:
        A function to call with the number of images processed since the last call.
    """
    if not sys.stderr.isatty():
        yield _Lines(count, verb, noun).advance
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(noun))
    left = (TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, *left, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(verb, total=count)
        yield lambda images: bar.advance(task, images)


class _Lines:
    """Lines in a log: one for each tenth of the images, unless the previous line was printed a moment ago."""

    def __init__(self, count: int, verb: str, noun: str) -> None:
        self.count, self.verb, self.noun = count, verb, noun
        self.done = self.tenth = 0
        self.begin = self.last = time.monotonic()

    def advance(self, images: int) -> None:
        self.done += images
        tenth, now = TENTHS * self.done // max(self.count, 1), time.monotonic()
        if tenth == self.tenth or now - self.last < PATIENCE:
            return
        self.tenth, self.last = tenth, now
        left = (now - self.begin) * (self.count - self.done) / self.done
        share = 100 * self.done // self.count
        warn(f"{self.verb}: {self.done:,} of {counted(self.count, self.noun)} ({share} %), about {duration(left)} left")


def duration(seconds: float) -> str:
    """Return a duration as text, rounded to the precision of an estimate."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"
