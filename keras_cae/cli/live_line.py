"""A line of a terminal that is written anew while something goes on."""

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
    """A part of a line.

    Args:
        text: what it says.
        rank: parts of a higher rank are left out first where there is no room.
    """

    text: str
    rank: int = 0


class LiveLine:
    """The last line of stdout, which is written anew on a terminal. In a log there are only lines that stay."""

    @property
    def live(self) -> bool:
        """Whether a line can be written anew."""
        return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """How many characters a line has room for; None in a log, whose lines have any length."""
        if not sys.stdout.isatty():
            return None
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        # Some terminals go on to the next line as soon as one is full.
        return (columns or ASSUMED_WIDTH) - 1

    def show(self, text: str) -> None:
        """Write the line anew."""
        if self.live:
            echo(f"\r{cut(text, self.width)}{CLEAR_TO_END}", nl=False)

    def keep(self, text: str) -> None:
        """Write a line that stays."""
        text = cut(text, self.width)
        echo(f"\r{text}{CLEAR_TO_END}" if self.live else text)

    def clear(self) -> None:
        """Leave the line empty for what others write."""
        self.show("")


def cut(text: str, width: int | None) -> str:
    """As much of a text as there is room for."""
    return text if width is None or len(text) <= width else text[: max(width - 1, 0)] + "…"


def fitted(parts: Sequence[Part], width: int | None, done: float | None = None) -> str:
    """The parts of a line that there is room for, and a bar after the first one.

    Args:
        parts: all parts, in order. The first one is always there.
        width: how many characters there is room for; None for any number.
        done: the share of the work that the bar shows, from 0 to 1; None for no bar.
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
    """Whether stdout has characters for a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True
