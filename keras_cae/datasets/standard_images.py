"""Arrays of images, signals or volumes, converted to one form."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_cae.kinds import KINDS, Kind
from keras_cae.pixel_values import WHITE, WIDE, darkness_warning, divisor_of_floats, meant_type

CHANNEL_COUNTS = (1, 3, 4)


def standard_images(
    arrays: Sequence[np.ndarray], source: str, rank: int = 2
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Return arrays of images as uint8, uint16 or float32 of shape `(n, *spatial, channels)`.

    Args:
        arrays: arrays that belong together, so that they are scaled alike.
        source: what to call them in notes and errors.
        rank: the number of spatial axes.

    Returns:
        The arrays, and notes on what was taken for what.

    Raises:
        ValueError: these are not images, or their scale can't be known.
    """
    notes: list[str] = []
    kind = KINDS[rank]
    images = [with_all_axes(array, source, rank, notes) for array in arrays]
    if len({array.shape[1:] for array in images}) > 1 or len({a.dtype for a in images}) > 1:
        kinds = " and ".join(f"{array.dtype} {array.shape}" for array in images)
        raise ValueError(f"The arrays of {source} must hold {kind.noun} of one type and size, got {kinds}.")
    low = min(array.min() for array in images)
    high = max(array.max() for array in images)
    convert = conversion(images[0].dtype, low, high, source, kind, notes)
    return [convert(array) for array in images], tuple(dict.fromkeys(notes))


def with_all_axes(array: np.ndarray, source: str, rank: int, notes: list[str]) -> np.ndarray:
    """Return a view of an array as `(n, *spatial, channels)`.

    Args:
        array: the array.
        source: what to call it.
        rank: the number of spatial axes.
        notes: list to which a sentence is added.

    Raises:
        ValueError: these are not images.
    """
    shape, kind = array.shape, KINDS[rank]
    if array.dtype.kind not in "buif":
        raise ValueError(f"{source} must hold numbers, got the type {array.dtype}: store the {kind.noun} as uint8.")
    if not array.size:
        raise ValueError(f"{source} holds no {kind.noun}, its shape is {shape}.")
    if len(shape) == rank + 1 and (rank != 2 or shape[-1] not in (3, 4)):
        return array[..., None]
    if len(shape) != rank + 2:
        raise ValueError(
            f"{source} must hold {kind.noun} of shape {kind.shape} or {kind.shape_without_channels}, "
            f"got {shape}. {_remedy(len(shape), rank)}"
        )
    if rank == 2 and shape[1] in CHANNEL_COUNTS and shape[-1] not in CHANNEL_COUNTS:
        notes.append(f"{source} has its channels first, {shape}: moved to the end.")
        return np.moveaxis(array, 1, -1)
    return array


def _remedy(axes: int, rank: int) -> str:
    kind = KINDS[rank]
    if rank == 1 and axes == 1:
        return "Cut a time series into windows: keras_cae.datasets.windows(series, length)."
    remedy = f"Reshape flattened {kind.noun}; store a single {kind.one} as {kind.noun}[None]."
    other = next((other for other in KINDS if other not in (2, rank) and axes == other + 2), None)
    if rank == 2 and other is not None:
        return f"{remedy} If these are {KINDS[other].noun}, say rank={other} (--rank {other})."
    return remedy


def conversion(
    dtype: np.dtype, low: Any, high: Any, source: str, kind: Kind, notes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that brings images to the type that they are meant to have, and note why.

    Args:
        dtype: type of the values.
        low: the lowest of their values.
        high: the highest.
        source: what to call them.
        kind: what they are.
        notes: list to which a sentence is added.

    Raises:
        ValueError: their scale can't be known.
    """
    if dtype.kind == "b":
        return _black_and_white
    if dtype.kind in "ui":
        return integer_conversion(dtype, int(low), int(high), source, notes, kind)
    return _float_conversion(float(low), float(high), source, kind, notes)


def integer_conversion(
    dtype: np.dtype, low: int, high: int, source: str, notes: list[str], kind: Kind = KINDS[2]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that brings integer images to the type that they are meant to have, and note why.

    Args:
        dtype: type of the values.
        low: the lowest of their values.
        high: the highest.
        source: what to call them.
        notes: list to which a sentence is added.
        kind: what they are.

    Raises:
        ValueError: values are negative or have more than 16 bits.
    """
    meant = meant_type(dtype.name, low, high)
    if meant is None:
        raise ValueError(
            f"{source} has whole numbers from {low} to {high}; {kind.noun} have values from 0 to 255 (8-bit) "
            f"or from 0 to 65535 (16-bit), or are floats from 0 to 1. Scale them: {_to_unit_range(low, high, kind)}."
        )
    if meant == "bool":
        notes.append(f"{source} has the values 0 and 1 only: taken as black and white.")
        return _black_and_white
    if meant in WIDE:
        white = WHITE[meant]
        notes.append(f"{source} has {dtype} values up to {high}: divided by the largest value of the type, {white}.")
        return lambda array: (array / white).astype(np.float32)
    target = np.dtype(meant)
    if target != dtype:
        bits = 8 * target.itemsize
        notes.append(f"{source} has {dtype} values up to {high}: taken as {bits}-bit {kind.noun}.")
    dark = darkness_warning(high, target, source, kind.noun)
    if dark:
        notes.append(dark)
    return lambda array: array.astype(target, copy=False)


def _float_conversion(
    low: float, high: float, source: str, kind: Kind, notes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{source} holds NaN or infinite values: remove or replace these {kind.noun}.")
    divisor = divisor_of_floats(low, high)
    if divisor == 1:
        return lambda array: array.astype(np.float32, copy=False)
    if divisor is not None:
        notes.append(f"{source} has floats from {low:g} to {high:g}: divided by {divisor}.")
        return lambda array: np.divide(array, divisor, dtype=np.float32)
    raise ValueError(
        f"{source} has floats from {low:g} to {high:g}; floats must lie between 0 and 1. Scale them: "
        f"{_to_unit_range(low, high, kind)}."
    )


def _to_unit_range(low: float, high: float, kind: Kind) -> str:
    """Return the expression that scales images to [0, 1], so that the extremes are black and white."""
    name = kind.noun
    from_zero = f"({name} - {low:.7g})" if low > 0 else f"({name} + {-low:.7g})" if low < 0 else name
    return f"{from_zero} / {high - low:.7g}"


def _black_and_white(array: np.ndarray) -> np.ndarray:
    return array.astype(np.uint8) * np.uint8(255)
