"""Time series as people store them, brought to one form."""

import contextlib
from typing import Any

import numpy as np


def series_arrays(series: Any) -> tuple[list[np.ndarray], bool]:
    """Return series as arrays `(steps, channels)`, and whether there was a single one, not in a list.

    Nothing is copied that is an array already: one that is mapped from a file stays there.

    Args:
        series: what `windows` takes.

    Raises:
        TypeError: the values are not numbers.
        ValueError: a series has another shape, there is none, or their numbers of channels differ.
    """
    several = isinstance(series, list | tuple) and all(np.ndim(one) > 0 for one in series)
    if isinstance(series, dict) or (several and not series):
        given = f"a dictionary of {len(series)}: pass list(series.values())" if series else "none"
        raise ValueError(f"series must be a time series, or a list of at least one, got {given}.")
    if not several:
        return [_array(series, "series")], True
    arrays = [_array(one, f"series[{number}]") for number, one in enumerate(series)]
    channels = sorted({array.shape[1] for array in arrays})
    if len(channels) > 1:
        raise ValueError(f"All series must have the same number of channels, got series of {channels} channels.")
    return arrays, False


def _array(one: Any, name: str) -> np.ndarray:
    array = np.asarray(one)
    if array.dtype == object:
        array = _numbers(one, array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {_kinds(one, array)}.")
    if array.ndim not in (1, 2) or not array.size:
        remedy = " Pass several series as a list of arrays: list(series)." if array.ndim == 3 else ""
        raise ValueError(
            f"{name} must be an array of shape (steps,) or (steps, channels) with at least one value, got the shape "
            f"{array.shape}.{remedy}"
        )
    return array if array.ndim == 2 else array[:, None]


def _numbers(one: Any, array: np.ndarray) -> np.ndarray:
    """Return floats of values with None or pandas' NA between them; anything else, and times, as it is."""
    columns = [one[name].dtype for name in one.columns] if hasattr(one, "columns") else []
    if any(getattr(dtype, "kind", "O") in "mM" for dtype in columns):
        return array
    with contextlib.suppress(TypeError, ValueError):
        if hasattr(one, "to_numpy"):
            return np.asarray(one.to_numpy(dtype="float64", na_value=np.nan))
        return array.astype("float64")
    return array


def _kinds(one: Any, array: np.ndarray) -> str:
    """Return what values are, in words: of a table, which columns are no numbers."""
    if not hasattr(one, "dtypes") or not hasattr(one, "columns"):
        return f"the type {array.dtype}"
    others = [str(name) for name in one.columns if getattr(one[name].dtype, "kind", "O") not in "biuf"]
    return (
        f"the columns {', '.join(others)}, which are no numbers: make them the index, or leave them out, "
        "frame.select_dtypes('number')"
    )
