"""What a hyperparameter may be: fixed, one of several values, or a number from a range."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras_tuner

PLAIN = (bool, int, float, str)


@dataclass(frozen=True)
class Fixed:
    """A value that is not searched."""

    value: Any

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """The value; where KerasTuner can hold it, it stands among those of a trial."""
        return hp.Fixed(name, self.value) if isinstance(self.value, PLAIN) else self.value


@dataclass(frozen=True)
class Choices:
    """One of several values; the first is tried first."""

    values: tuple[Any, ...]

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """The value that a trial takes."""
        return hp.Choice(name, list(self.values), default=self.values[0])


@dataclass(frozen=True)
class Range:
    """A number between two bounds, both of them included; integers if the bounds are."""

    low: float
    high: float
    default: float
    log: bool = False
    """Whether numbers are drawn evenly by their logarithm."""

    def draw(self, hp: keras_tuner.HyperParameters, name: str) -> Any:
        """The value that a trial takes."""
        if self.low == self.high:
            return Fixed(self.low).draw(hp, name)
        number = hp.Int if isinstance(self.low, int) else hp.Float
        sampling = "log" if self.log else "linear"
        default = min(max(self.default, self.low), self.high)
        return number(name, self.low, self.high, sampling=sampling, default=default)

    def up_to(self, high: float) -> "Range":
        """The range without what is above `high`."""
        return replace(self, low=min(self.low, high), high=min(self.high, high))


Space = Fixed | Choices | Range


def possible(space: Space) -> tuple[Any, ...]:
    """The values that a space names one by one."""
    if isinstance(space, Choices):
        return space.values
    return (space.value,) if isinstance(space, Fixed) else ()


def bounded(name: str, given: Any, space: Space) -> Space:
    """The space of a hyperparameter, as the user has narrowed it.

    Args:
        name: of the hyperparameter, for errors.
        given: `(low, high)` for a range of numbers, a list of values to choose from, or the value itself.
        space: the space that is narrowed.

    Raises:
        ValueError: a range is empty or not one of numbers, or a list has nothing to choose from.
    """
    if isinstance(given, tuple) and not isinstance(getattr(space, "value", None), tuple):
        return _range(name, given, space)
    if isinstance(given, list):
        if len({type(value) for value in given}) != 1 or not isinstance(given[0], PLAIN):
            raise ValueError(
                f"{name} must be a list of names or of numbers of one type to choose from, got {given!r}."
            )
        return Choices(tuple(given))
    return Fixed(given)


def _range(name: str, given: Sequence[Any], space: Space) -> Range:
    numbers = all(isinstance(bound, int | float) and not isinstance(bound, bool) for bound in given)
    if len(given) != 2 or not numbers or given[0] > given[1]:
        raise ValueError(
            f"{name} must be (low, high) for numbers from low to high, a list of values to choose from, or "
            f"one value, got {given!r}."
        )
    low, high = given if isinstance(given[0], int) and isinstance(given[1], int) else map(float, given)
    log = space.log if isinstance(space, Range) else name in LOGARITHMIC
    return Range(low, high, default=space.default if isinstance(space, Range) else low, log=log and low > 0)


LOGARITHMIC = ("latent_dim", "beta", "mmd_weight", "adversarial_weight", "codebook_size")
"""Numbers that matter by their order of magnitude, where nothing is searched by default."""
