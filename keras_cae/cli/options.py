"""From what is typed to values."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import typer


def choice(names: Iterable[str]) -> Callable[[str | None], str | None]:
    """A callback that accepts these names, and None for an option that was not given.

    Args:
        names: the names.
    """
    known = tuple(names)

    def check(value: str | None) -> str | None:
        if value is not None and value not in known:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(known)}.")
        return value

    return check


def positive(value: float) -> float:
    """Accept numbers above zero.

    Args:
        value: the number.
    """
    if not 0 < value < float("inf"):
        raise typer.BadParameter(f"{value} is not a number above zero.")
    return value


def channels(value: int | None) -> int | None:
    """Accept the numbers of channels that images can be given.

    Args:
        value: the number.
    """
    if value not in (None, 1, 3, 4):
        raise typer.BadParameter(f"{value} is not one of 1, 3, 4.")
    return value


class Widths(tuple[int, ...]):
    """The channels of convolutions. A class of its own, because typer reads a tuple as several values."""


class ImageSize(NamedTuple):
    """The size of images in pixels."""

    height: int
    width: int


def widths(value: str) -> Widths:
    """The positive integers of a list such as "16,32".

    Args:
        value: what was typed.
    """
    return Widths(_integers(value, ",", "whole numbers above zero with commas between, such as 16,32"))


def image_size(value: str) -> ImageSize:
    """The size that "48x64" names, height first, or "64" for square images.

    Args:
        value: what was typed.
    """
    rule = "HEIGHTxWIDTH in pixels, such as 48x64, or one number for square images"
    sides = _integers(value.lower(), "x", rule)
    if len(sides) > 2:
        raise typer.BadParameter(f"{value!r} is not {rule}.")
    return ImageSize(sides[0], sides[-1])


def _integers(value: str, separator: str, rule: str) -> list[int]:
    parts = value.split(separator)
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"{value!r} is not {rule}.")
    return [int(part) for part in parts]
