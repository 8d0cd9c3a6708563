"""Conversion of time series to arrays."""

import contextlib
from typing import Any

import numpy as np


def series_arrays(series: Any) -> tuple[list[np.ndarray], bool]:
    """Return series as arrays `(steps, channels)`, and whether a single series was passed instead of a list.

    Arrays are not copied, so a memory map is not read into memory.

    Args:
        series: as in `windows`.

    Raises:
        TypeError: the values are not numbers.
        ValueError: a series has an unsupported shape, there are none, or their numbers of channels differ.
    """
    several = isinstance(series, list | tuple) and all(np.ndim(one) > 0 for one in series)
    if isinstance(series, dict) or (several and not series):
        given = "a dictionary. Pass list(series.values())" if series else "none"
        raise ValueError(f"series must be a time series, or a list of at least one, got {given}.")
    if not several:
        return [_array(series, "series")], True
    arrays = [_array(one, f"series[{number}]") for number, one in enumerate(series)]
    channels = sorted({array.shape[1] for array in arrays})
    if len(channels) > 1:
        raise ValueError(f"All series must have the same number of channels, got {channels}.")
    return arrays, False


def _array(one: Any, name: str) -> np.ndarray:
    array = np.asarray(one)
    if array.dtype == object:
        array = _numbers(one, array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must contain numbers, got {_kinds(one, array)}.")
    if array.ndim not in (1, 2) or not array.size:
        remedy = " Pass several series as a list of arrays: list(series)." if array.ndim == 3 else ""
        raise ValueError(
            f"{name} must be an array of shape (steps,) or (steps, channels) with at least one value, got the shape "
            f"{array.shape}.{remedy}"
        )
    return array if array.ndim == 2 else array[:, None]


def _numbers(one: Any, array: np.ndarray) -> np.ndarray:
    """Convert values with None or pandas' NA among them to floats. Return times and anything else unchanged."""
    columns = [one[name].dtype for name in one.columns] if hasattr(one, "columns") else []
    if any(getattr(dtype, "kind", "O") in "mM" for dtype in columns):
        return array
    with contextlib.suppress(TypeError, ValueError):
        if hasattr(one, "to_numpy"):
            return np.asarray(one.to_numpy(dtype="float64", na_value=np.nan))
        return array.astype("float64")
    return array


def _kinds(one: Any, array: np.ndarray) -> str:
    """Describe values that are not numbers for an error message; of a table, name the columns."""
    if not hasattr(one, "dtypes") or not hasattr(one, "columns"):
        return f"the type {array.dtype}"
    others = [str(name) for name in one.columns if getattr(one[name].dtype, "kind", "O") not in "biuf"]
    return (
        f"the columns {', '.join(others)}, which are not numeric. Make them the index, or drop them with "
        "frame.select_dtypes('number')"
    )
