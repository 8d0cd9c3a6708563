"""Checks of constructor arguments; each returns the value in the form in which it is stored."""

from collections.abc import Iterable
from typing import Any

import numpy as np


def positive_int(value: Any, name: str) -> int:
    """Return `value` as an int, or raise a `ValueError` that names the argument."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    return int(value)


def non_negative_int(value: Any, name: str) -> int:
    """Return `value` as an int, zero or above."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise ValueError(f"{name} must be an integer, zero or above, got {value!r}.")
    return int(value)


def positive_ints(values: Any, name: str) -> tuple[int, ...]:
    """Return `values` as a tuple of at least one positive integer."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"{name} must be a sequence of positive integers, got {values!r}.")
    values = tuple(values)
    if not values:
        raise ValueError(f"{name} must hold at least one positive integer, got an empty sequence.")
    return tuple(positive_int(value, f"{name}[{index}]") for index, value in enumerate(values))


def positive_float(value: Any, name: str) -> float:
    """Return `value` as a finite float above zero."""
    if not _is_number(value) or not 0 < float(value) < float("inf"):
        raise ValueError(f"{name} must be a finite number above zero, got {value!r}.")
    return float(value)


def non_negative_float(value: Any, name: str) -> float:
    """Return `value` as a finite float, zero or above."""
    if not _is_number(value) or not 0 <= float(value) < float("inf"):
        raise ValueError(f"{name} must be a finite number, zero or above, got {value!r}.")
    return float(value)


def fraction(value: Any, name: str) -> float:
    """Return `value` as a float from 0 to below 1."""
    if not _is_number(value) or not 0 <= float(value) < 1:
        raise ValueError(f"{name} must be a number from 0 to below 1, got {value!r}.")
    return float(value)


def share(value: Any, name: str) -> float:
    """Return `value` as a float between 0 and 1, both excluded."""
    if not _is_number(value) or not 0 < float(value) < 1:
        raise ValueError(f"{name} must be a number between 0 and 1, got {value!r}.")
    return float(value)


def one_of(value: Any, name: str, choices: tuple[Any, ...]) -> Any:
    """Return `value` if it is one of `choices`."""
    if value not in choices:
        expected = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {expected}, got {value!r}.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
