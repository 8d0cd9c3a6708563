"""A status line that is updated in place on a terminal."""

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from typer import echo

ASSUMED_WIDTH = 80
GAP = "  "
LEAST_BAR, LONGEST_BAR = 10, 30
CLEAR_TO_END = "\x1b[K"


class Part(NamedTuple):
    """A part of a status line.

    Args:
        text: the text.
        rank: parts with a higher rank are omitted first if the line is too long.
    """

    text: str
    rank: int = 0


class LiveLine:
    """The last line of stdout, which is updated in place on a terminal. In a log, only permanent lines are printed."""

    @property
    def live(self) -> bool:
        """Whether the line can be updated in place."""
        return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """The maximum number of characters in a line; None in a log, where lines are not limited."""
        if not sys.stdout.isatty():
            return None
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        # Some terminals wrap as soon as a line is full.
        return (columns or ASSUMED_WIDTH) - 1

    def show(self, text: str) -> None:
        """Replace the line."""
        if self.live:
            echo(f"\r{truncate(text, self.width)}{CLEAR_TO_END}", nl=False)

    def keep(self, text: str) -> None:
        """Print a permanent line."""
        text = truncate(text, self.width)
        echo(f"\r{text}{CLEAR_TO_END}" if self.live else text)

    def clear(self) -> None:
        """Clear the line, so that other output can be printed."""
        self.show("")


def truncate(text: str, width: int | None) -> str:
    """Return a text truncated to a width."""
    return text if width is None or len(text) <= width else text[: max(width - 1, 0)] + "…"


def join_parts(parts: Sequence[Part], width: int | None, done: float | None = None) -> str:
    """Return a line of the parts that fit, with a progress bar after the first one.

    Args:
        parts: all parts, in order. The first one is always included.
        width: maximum number of characters; None for no limit.
        done: completed fraction that the bar shows, from 0 to 1; None for no bar.
    """
    room = sys.maxsize if width is None else width
    room -= len(parts[0].text) + (0 if done is None else LEAST_BAR + len(GAP))
    kept = {0}
    for index in sorted(range(1, len(parts)), key=lambda index: parts[index].rank):
        needed = len(GAP) + len(parts[index].text)
        if needed > room:
            break
        room -= needed
        kept.add(index)
    texts = [parts[index].text for index in sorted(kept)]
    if done is not None and room >= 0:
        texts.insert(1, _bar(done, min(LEAST_BAR + room, LONGEST_BAR)))
    return GAP.join(texts)


def _bar(done: float, length: int) -> str:
    full, rest = ("━", "─") if _writes("━─") else ("#", ".")
    filled = round(length * min(max(done, 0.0), 1.0))
    return full * filled + rest * (length - filled)


def _writes(text: str) -> bool:
    """Return whether the encoding of stdout can represent a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True
