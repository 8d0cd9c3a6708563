"""What a hyperparameter may be: fixed, one of several values, or a number from a range."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import keras_tuner
import numpy as np

T = TypeVar("T")

PLAIN = (bool, int, float, str)
"""The types of the values that KerasTuner can hold."""


@dataclass(frozen=True)
class Fixed:
    """A value that is not searched.

    Args:
        value: the value, of any type.
        log: whether `(low, high)`, given in its place, is searched on a logarithmic scale.
    """

    value: Any
    log: bool = field(default=False, kw_only=True)

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """Return the value, or the one that the tuner prescribes. It is not listed: all trials have the same."""
        return hp.values.get(name, self.value)


@dataclass(frozen=True)
class Choices:
    """One of several values; the first one is tried first.

    Args:
        values: names, or numbers of one type.
        log: whether `(low, high)`, given in their place, is searched on a logarithmic scale.

    Raises:
        ValueError: there are no values, or KerasTuner does not support them.
    """

    values: tuple[Any, ...]
    log: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        values = tuple(map(_plain, self.values))
        if len({type(value) for value in values}) != 1 or not isinstance(values[0], PLAIN):
            raise ValueError(f"Choices must be of names, or of numbers of one type, got {self.values!r}.")
        object.__setattr__(self, "values", values)

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """Return the value that a trial takes."""
        return hp.Choice(name, list(self.values), default=self.values[0])


@dataclass(frozen=True)
class Range:
    """A number between two bounds, both included. It is an integer if both bounds are.

    Args:
        low: the lower bound.
        high: the upper bound.
        default: what is tried first; None for the default of the hyperparameter, if that lies between the
            bounds, or else the bound next to it.
        log: whether the range is searched on a logarithmic scale.

    Raises:
        ValueError: the bounds are not numbers in ascending order, the default lies outside of them, or a
            logarithmic scale begins at zero or below.
    """

    low: float
    high: float
    default: float | None = field(default=None, kw_only=True)
    log: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        given = (self.low, self.high) if self.default is None else (self.low, self.high, self.default)
        numbers = tuple(map(_plain, given))
        if not all(_is_number(number) for number in numbers):
            raise ValueError(f"The bounds and the default of a Range must be finite numbers, got {self}.")
        if not all(isinstance(number, int) for number in numbers):
            numbers = tuple(map(float, numbers))
        for name, number in zip(("low", "high", "default"), numbers, strict=False):
            object.__setattr__(self, name, number)
        if self.low > self.high:
            raise ValueError(f"The lower bound of a Range must not be above the upper one, got {self}.")
        if self.default is not None and not self.low <= self.default <= self.high:
            raise ValueError(f"The default of a Range must lie between its bounds, got {self}.")
        if self.log and self.low <= 0:
            raise ValueError(f"A Range on a logarithmic scale must begin above zero, got {self}.")

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """Return the value that a trial takes."""
        if self.low == self.high:
            return Fixed(self.low).draw(hp, name)
        number = hp.Int if isinstance(self.low, int) else hp.Float
        sampling = "log" if self.log else "linear"
        default = self.low if self.default is None else self.default
        return number(name, self.low, self.high, sampling=sampling, default=default)

    def up_to(self, high: float) -> "Range":
        """Return the range without the numbers above `high`."""
        default = None if self.default is None else min(self.default, high)
        return replace(self, low=min(self.low, high), high=min(self.high, high), default=default)


Space = Fixed | Choices | Range


def possible(space: Space) -> tuple[Any, ...]:
    """Return the values that a space names one by one."""
    if isinstance(space, Choices):
        return space.values
    return (space.value,) if isinstance(space, Fixed) else ()


def extremes(space: Space) -> tuple[Any, ...]:
    """Return the values that must be valid for all of the space to be: every one that it names, or its bounds."""
    return (space.low, space.high) if isinstance(space, Range) else possible(space)


def is_listed(hp: keras_tuner.HyperParameters, name: str) -> bool:
    """Return whether KerasTuner knows a hyperparameter, so that others can depend on its value."""
    return any(each.name == name for each in hp.space)


def draw_chosen(
    hp: keras_tuner.HyperParameters, name: str, chosen: str, alternatives: Mapping[str, Callable[[Any], T]]
) -> T:
    """Draw one of several things that have hyperparameters of their own, which only its trials have.

    Args:
        hp: the values of the trial.
        name: name of the hyperparameter that chooses.
        chosen: value of the hyperparameter.
        alternatives: what draws the hyperparameters of each, by the value that chooses it.
    """
    if not is_listed(hp, name):
        return alternatives[chosen](hp)
    for value, draw in alternatives.items():
        # KerasTuner learns of the scopes that are not chosen by entering them.
        with hp.conditional_scope(name, [value]):
            if value == chosen:
                drawn = draw(hp)
    return drawn


def bounded(name: str, given: Any, space: Space) -> Space:
    """Return the space of a hyperparameter, as the user has narrowed it.

    Args:
        name: name of the hyperparameter, for errors.
        given: a `Fixed`, `Choices` or `Range`; `(low, high)` for a range of numbers, a list of values to
            choose from, or the value itself.
        space: the hyperparameter's own space.

    Raises:
        ValueError: what was given is not a space of values of the hyperparameter's type.
    """
    default = _default(space)
    if isinstance(default, tuple) and isinstance(given, list | tuple):
        return Fixed(tuple(given))
    narrowed = _space(name, given, space)
    if isinstance(default, float):
        return _of_floats(name, narrowed, default)
    if isinstance(narrowed, Range):
        return _of_integers(name, narrowed, default)
    if isinstance(narrowed, Choices) and type(narrowed.values[0]) is not type(default):
        raise ValueError(f"{name} must have choices of the type of its default, {default!r}, got {given!r}.")
    return narrowed


def _space(name: str, given: Any, space: Space) -> Space:
    """Return the space that was given, in whichever form."""
    if isinstance(given, Space):
        return given
    try:
        if isinstance(given, tuple):
            low, high = given
            return Range(low, high, log=space.log and low > 0)
        if isinstance(given, list):
            return Choices(tuple(_of_one_type(given)))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be (low, high) for the numbers from low to high, a list of names or of numbers to "
            f"choose from, or one value, got {given!r}."
        ) from error
    return Fixed(_plain(given))


def _default(space: Space) -> Any:
    """Return the value that is tried first."""
    if isinstance(space, Range):
        return space.low if space.default is None else space.default
    return possible(space)[0]


def _of_integers(name: str, space: Range, default: Any) -> Range:
    """Return the range, checked to be one of a hyperparameter with this default."""
    if not isinstance(default, int) or isinstance(default, bool):
        raise ValueError(
            f"{name} must be one value or a list of values to choose from, because it is not a number, got {space}."
        )
    if not isinstance(space.low, int):
        raise ValueError(f"{name} must have integers as bounds, got {space}.")
    return _with_default(space, default)


def _of_floats(name: str, space: Space, default: float) -> Space:
    """Return the space with floats in place of integers, between which KerasTuner would draw only integers."""
    if isinstance(space, Range):
        return _with_default(replace(space, low=float(space.low), high=float(space.high)), default)
    if not all(map(_is_number, possible(space))):
        if isinstance(space, Fixed):
            return space
        raise ValueError(f"{name} must have numbers as choices, got {space.values!r}.")
    if isinstance(space, Fixed):
        return replace(space, value=float(space.value))
    return replace(space, values=tuple(map(float, space.values)))


def _with_default(space: Range, default: float) -> Range:
    if space.default is not None:
        return space
    return replace(space, default=min(max(default, space.low), space.high))


def _of_one_type(values: list[Any]) -> list[Any]:
    """Return the values; if some of the numbers are floats, all of them."""
    if any(isinstance(value, float) for value in values) and all(map(_is_number, values)):
        return list(map(float, values))
    return values


def _plain(value: Any) -> Any:
    """Return the value; Python's number in place of NumPy's."""
    return value.item() if isinstance(value, np.generic) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
