"""Search spaces of hyperparameters: a fixed value, one of several values, or a number from a range."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import keras_tuner
import numpy as np

T = TypeVar("T")

PLAIN = (bool, int, float, str)
"""The types of values that KerasTuner supports."""


@dataclass(frozen=True)
class Fixed:
    """A value that is not searched.

    Args:
        value: the value, of any type.
        log: whether a range `(low, high)` that replaces the value is searched on a logarithmic scale.
    """

    value: Any
    log: bool = field(default=False, kw_only=True)

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """Return the value, or the one that the tuner sets. It is not registered, because all trials have the same."""
        return hp.values.get(name, self.value)


@dataclass(frozen=True)
class Choices:
    """One of several values; the first one is tried first.

    Args:
        values: names, or numbers of the same type.
        log: whether a range `(low, high)` that replaces the values is searched on a logarithmic scale.

    Raises:
        ValueError: there are no values, or KerasTuner does not support them.
    """

    values: tuple[Any, ...]
    log: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        values = tuple(map(_plain, self.values))
        if len({type(value) for value in values}) != 1 or not isinstance(values[0], PLAIN):
            raise ValueError(f"values must be names, or numbers of the same type, got {self.values!r}.")
        object.__setattr__(self, "values", values)

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """Return the value that a trial takes."""
        return hp.Choice(name, list(self.values), default=self.values[0])


@dataclass(frozen=True)
class Range:
    """A number between two bounds, which are included. It is an integer if both bounds are.

    Args:
        low: the lower bound.
        high: the upper bound.
        default: the value to try first. None for the default of the hyperparameter, clipped to the bounds.
        log: whether the range is searched on a logarithmic scale.

    Raises:
        ValueError: the bounds are not numbers in ascending order, the default lies outside of them, or a
            logarithmic scale starts at zero or below.
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
            raise ValueError(f"A Range on a logarithmic scale must start above zero, got {self}.")

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
    """Return the values of a space if it lists them, or none for a range."""
    if isinstance(space, Choices):
        return space.values
    return (space.value,) if isinstance(space, Fixed) else ()


def extremes(space: Space) -> tuple[Any, ...]:
    """Return the values that must be valid for the whole space to be valid: its values, or its bounds."""
    return (space.low, space.high) if isinstance(space, Range) else possible(space)


def is_listed(hp: keras_tuner.HyperParameters, name: str) -> bool:
    """Return whether a hyperparameter is registered in KerasTuner, so that others can depend on its value."""
    return any(each.name == name for each in hp.space)


def draw_chosen(
    hp: keras_tuner.HyperParameters, name: str, chosen: str, alternatives: Mapping[str, Callable[[Any], T]]
) -> T:
    """Draw the hyperparameters of one of several alternatives, which only the trials with this alternative have.

    Args:
        hp: the values of the trial.
        name: name of the hyperparameter that selects the alternative.
        chosen: value of this hyperparameter.
        alternatives: functions that draw the hyperparameters of the alternatives, by the value that selects them.
    """
    if not is_listed(hp, name):
        return alternatives[chosen](hp)
    for value, draw in alternatives.items():
        # KerasTuner has to enter the scopes of the other alternatives, too, to know them.
        with hp.conditional_scope(name, [value]):
            if value == chosen:
                drawn = draw(hp)
    return drawn


def bounded(name: str, given: Any, space: Space) -> Space:
    """Return the space of a hyperparameter, narrowed by the user.

    Args:
        name: name of the hyperparameter, for errors.
        given: a `Fixed`, `Choices` or `Range`; or `(low, high)` for a range of numbers, a list of values to
            choose from, or a fixed value.
        space: the default space.

    Raises:
        ValueError: `given` is not a space of values of the same type as the default.
    """
    default = _default(space)
    if isinstance(default, tuple) and isinstance(given, list | tuple):
        return Fixed(tuple(given))
    narrowed = _space(name, given, space)
    if isinstance(default, float):
        return _float_space(name, narrowed, default)
    if isinstance(narrowed, Range):
        return _integer_range(name, narrowed, default)
    if isinstance(narrowed, Choices) and type(narrowed.values[0]) is not type(default):
        raise ValueError(f"{name} must have choices of the same type as its default {default!r}, got {given!r}.")
    return narrowed


def _space(name: str, given: Any, space: Space) -> Space:
    """Convert a space in any form to a `Space`."""
    if isinstance(given, Space):
        return given
    try:
        if isinstance(given, tuple):
            low, high = given
            return Range(low, high, log=space.log and low > 0)
        if isinstance(given, list):
            return Choices(tuple(_unified(given)))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be (low, high) for a range of numbers, a list of names or numbers to choose from, or a "
            f"single value, got {given!r}."
        ) from error
    return Fixed(_plain(given))


def _default(space: Space) -> Any:
    """Return the value that is tried first."""
    if isinstance(space, Range):
        return space.low if space.default is None else space.default
    return possible(space)[0]


def _integer_range(name: str, space: Range, default: Any) -> Range:
    """Return the range, after a check that it suits a hyperparameter with this default."""
    if not isinstance(default, int) or isinstance(default, bool):
        raise ValueError(f"{name} must be a single value or a list of values, because it is not a number, got {space}.")
    if not isinstance(space.low, int):
        raise ValueError(f"{name} must have integers as bounds, got {space}.")
    return _with_default(space, default)


def _float_space(name: str, space: Space, default: float) -> Space:
    """Return the space with integers converted to floats, because KerasTuner would draw only integers otherwise."""
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


def _unified(values: list[Any]) -> list[Any]:
    """Return the values, with all numbers converted to floats if some of them are floats."""
    if any(isinstance(value, float) for value in values) and all(map(_is_number, values)):
        return list(map(float, values))
    return values


def _plain(value: Any) -> Any:
    """Return the value, with a NumPy number converted to a Python number."""
    return value.item() if isinstance(value, np.generic) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
