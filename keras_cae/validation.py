"""Rules for arguments, each of which validates a value and returns it in the form in which it is stored.

A rule is called as `rule(value, name)` and raises a `ValueError` with the name of the argument, the requirement and the
given value. `optional`, `choice` and `some_of` create rules.

All packages use it.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

LARGEST_INT = 2**31 - 1
"""The maximum of sizes and counts. TensorFlow would report larger values with an unclear message."""


def positive_int(value: Any, name: str) -> int:
    """Return an integer above zero."""
    return _int(value, name, 1, "a positive integer")


def non_negative_int(value: Any, name: str) -> int:
    """Return an integer, zero or above."""
    return _int(value, name, 0, "an integer, zero or above")


def _int(value: Any, name: str, smallest: int, expected: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < smallest:
        raise ValueError(f"{name} must be {expected}, got {value!r}.")
    if value > LARGEST_INT:
        raise ValueError(f"{name} must be {expected} of at most {LARGEST_INT}, got {value!r}.")
    return int(value)


def positive_ints(values: Any, name: str) -> tuple[int, ...]:
    """Return a sequence of at least one positive integer as a tuple."""
    if isinstance(values, str | bytes | dict | set) or not isinstance(values, Iterable):
        raise ValueError(f"{name} must be a sequence of positive integers, got {values!r}.")
    if not isinstance(values, list | tuple | np.ndarray):
        values = tuple(values)
    if not len(values):
        raise ValueError(f"{name} must hold at least one positive integer, got an empty sequence.")
    return tuple(positive_int(value, f"{name}[{index}]") for index, value in enumerate(values))


def size_of_image(value: Any, name: str) -> tuple[int, int]:
    """Return the height and the width of an image in pixels, given both or one number for squares."""
    sides = tuple(value) if isinstance(value, list | tuple | np.ndarray) else (value, value)
    if len(sides) != 2:
        raise ValueError(f"{name} must be one number or (height, width) in pixels, got {value!r}.")
    height, width = (positive_int(side, name) for side in sides)
    return height, width


def positive_int_or_ints(value: Any, name: str) -> int | tuple[int, ...]:
    """Return a positive integer, or a tuple of positive integers, one for each axis."""
    if isinstance(value, list | tuple):
        return positive_ints(value, name)
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 < value <= LARGEST_INT:
        raise ValueError(
            f"{name} must be a positive integer, got {value!r}. It may also be a tuple of positive integers, one for "
            "each axis."
        )
    return int(value)


def per_axis(value: int | tuple[int, ...], rank: int, name: str) -> tuple[int, ...]:
    """Return one integer for each of `rank` axes, given the result of `positive_int_or_ints`.

    Raises:
        ValueError: the number of integers is not `rank`.
    """
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise ValueError(f"{name} must be an integer, or have one for each spatial axis (rank={rank}), got {value}.")
    return value


def positive_float(value: Any, name: str) -> float:
    """Return a finite number above zero as a float."""
    if not _is_number(value) or not 0 < float(value) < float("inf"):
        raise ValueError(f"{name} must be a finite number above zero, got {value!r}.")
    return float(value)


def non_negative_float(value: Any, name: str) -> float:
    """Return a finite number, zero or above, as a float."""
    if not _is_number(value) or not 0 <= float(value) < float("inf"):
        raise ValueError(f"{name} must be a finite number, zero or above, got {value!r}.")
    return float(value)


def finite_float(value: Any, name: str) -> float:
    """Return a finite number as a float."""
    if not _is_number(value) or not np.isfinite(float(value)):
        raise ValueError(f"{name} must be a finite number, got {value!r}.")
    return float(value)


def fraction(value: Any, name: str) -> float:
    """Return a number from 0 to below 1 as a float."""
    if not _is_number(value) or not 0 <= float(value) < 1:
        raise ValueError(f"{name} must be a number from 0 to below 1, got {value!r}.")
    return float(value)


def share(value: Any, name: str) -> float:
    """Return a number between 0 and 1, both excluded, as a float."""
    if not _is_number(value) or not 0 < float(value) < 1:
        raise ValueError(f"{name} must be a number between 0 and 1, got {value!r}.")
    return float(value)


def share_up_to_one(value: Any, name: str) -> float:
    """Return a number above 0 and up to 1 as a float."""
    if not _is_number(value) or not 0 < float(value) <= 1:
        raise ValueError(f"{name} must be a number above 0 and up to 1, got {value!r}.")
    return float(value)


def share_range(value: Any, name: str) -> tuple[float, float]:
    """Return two numbers above 0 and up to 1, the smaller one first, as a tuple of floats."""
    pair = tuple(value) if isinstance(value, list | tuple | np.ndarray) else ()
    if len(pair) != 2 or not all(map(_is_number, pair)) or not 0 < pair[0] <= pair[1] <= 1:
        raise ValueError(f"{name} must be two numbers above 0 and up to 1, the smaller one first, got {value!r}.")
    return float(pair[0]), float(pair[1])


def share_of_range(value: Any, name: str) -> float:
    """Return the strength of noise as a float: a number from 0 to 1, a fraction of the full range."""
    if not _is_number(value) or not 0 <= float(value) <= 1:
        raise ValueError(f"{name} must be a fraction of the full range, from 0 to 1, such as 25 / 255, got {value!r}.")
    return float(value)


def positive_float_or_range(value: Any, name: str) -> float | tuple[float, float]:
    """Return a finite number above zero as a float, or two of them, the smaller one first, as a tuple of floats."""
    if isinstance(value, list | tuple | np.ndarray):
        if len(value) != 2 or not all(_is_number(number) and 0 < number < float("inf") for number in value):
            raise ValueError(f"{name} must be a finite number above zero or two of them, got {value!r}.")
        if value[0] > value[1]:
            raise ValueError(f"{name} must have the smaller number first, got {value!r}.")
        return float(value[0]), float(value[1])
    if not _is_number(value) or not 0 < float(value) < float("inf"):
        raise ValueError(f"{name} must be a finite number above zero or two of them, got {value!r}.")
    return float(value)


def boolean(value: Any, name: str) -> bool:
    """Return True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
    return bool(value)


def text(value: Any, name: str) -> str:
    """Return a string of at least one character."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a string of at least one character, got {value!r}.")
    return value


def seed(value: Any, name: str) -> int | None:
    """Return a seed of random numbers: an integer, zero or above, or None for a different seed each time."""
    if value is None:
        return None
    return _int(value, name, 0, "an integer, zero or above, or None")


def optional(rule: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """Return a rule that also accepts None."""

    def check(value: Any, name: str) -> Any:
        return None if value is None else rule(value, name)

    check.rule = rule  # type: ignore[attr-defined]
    return check


def choice(*choices: Any) -> Callable[[Any, str], Any]:
    """Return a rule that accepts one of the given values."""

    def check(value: Any, name: str) -> Any:
        return one_of(value, name, choices)

    check.choices = choices  # type: ignore[attr-defined]
    return check


def some_of(*choices: Any) -> Callable[[Any, str], Any]:
    """Return a rule that accepts a list or tuple of at least one of the given values, each at most once."""

    def check(values: Any, name: str) -> tuple[Any, ...]:
        if not isinstance(values, list | tuple) or not values:
            expected = ", ".join(map(repr, choices))
            raise ValueError(f"{name} must be a list or tuple of at least one of {expected}, got {values!r}.")
        kept = tuple(one_of(value, f"{name}[{index}]", choices) for index, value in enumerate(values))
        if len(set(kept)) < len(kept):
            raise ValueError(f"{name} must not contain a value twice, got {values!r}.")
        return kept

    return check


def one_of(value: Any, name: str, choices: tuple[Any, ...]) -> Any:
    """Return `value` if it is one of `choices`."""
    if not any(value is known or (type(value) is type(known) and value == known) for known in choices):
        expected = ", ".join(repr(known) for known in choices)
        raise ValueError(f"{name} must be one of {expected}, got {value!r}.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool | np.complexfloating)
