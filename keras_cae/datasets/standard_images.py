"""Conversion of arrays of images, signals or volumes to a standard shape and dtype."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_cae.kinds import KINDS, Kind
from keras_cae.pixel_values import WHITE, WIDE, darkness_warning, divisor_of_floats, meant_type

CHANNEL_COUNTS = (1, 3, 4)


def standard_images(
    arrays: Sequence[np.ndarray], source: str, rank: int = 2
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Convert arrays of images to uint8, uint16 or float32 of shape `(n, *spatial, channels)`.

    Args:
        arrays: arrays to scale in the same way, such as training and test images.
        source: name of the arrays in notes and errors.
        rank: the number of spatial axes.

    Returns:
        The arrays, and notes about how their values were interpreted.

    Raises:
        ValueError: the arrays do not contain images, or their scale is unknown.
    """
    notes: list[str] = []
    kind = KINDS[rank]
    images = [with_all_axes(array, source, rank, notes) for array in arrays]
    if len({array.shape[1:] for array in images}) > 1 or len({a.dtype for a in images}) > 1:
        kinds = " and ".join(f"{array.dtype} {array.shape}" for array in images)
        raise ValueError(f"The arrays in {source} must contain {kind.noun} of the same dtype and size, got {kinds}.")
    low = min(array.min() for array in images)
    high = max(array.max() for array in images)
    convert = conversion(images[0].dtype, low, high, source, kind, notes)
    return [convert(array) for array in images], tuple(dict.fromkeys(notes))


def with_all_axes(array: np.ndarray, source: str, rank: int, notes: list[str]) -> np.ndarray:
    """Return a view of an array as `(n, *spatial, channels)`.

    Args:
        array: the array.
        source: name of the array in notes and errors.
        rank: the number of spatial axes.
        notes: list to which a sentence is added.

    Raises:
        ValueError: the array does not contain images.
    """
    shape, kind = array.shape, KINDS[rank]
    if array.dtype.kind not in "buif":
        raise ValueError(f"{source} must contain numbers, got {array.dtype}. Store the {kind.noun} as uint8.")
    if not array.size:
        raise ValueError(f"{source} must contain {kind.noun}, got an empty array of shape {shape}.")
    if len(shape) == rank + 1 and (rank != 2 or shape[-1] not in (3, 4)):
        return array[..., None]
    if len(shape) != rank + 2:
        raise ValueError(
            f"{source} must contain {kind.noun} of shape {kind.shape} or {kind.shape_without_channels}, "
            f"got {shape}. {_remedy(len(shape), rank)}"
        )
    if rank == 2 and shape[1] in CHANNEL_COUNTS and shape[-1] not in CHANNEL_COUNTS:
        notes.append(f"{source} has its channels first, {shape}: they were moved to the end.")
        return np.moveaxis(array, 1, -1)
    return array


def _remedy(axes: int, rank: int) -> str:
    kind = KINDS[rank]
    if rank == 1 and axes == 1:
        return "Cut a time series into windows with keras_cae.datasets.windows(series, length)."
    remedy = f"Reshape flattened {kind.noun}, or store a single {kind.one} as {kind.one}[None]."
    other = next((other for other in KINDS if other not in (2, rank) and axes == other + 2), None)
    if rank == 2 and other is not None:
        return f"{remedy} For {KINDS[other].noun}, pass rank={other} (--rank {other})."
    return remedy


def conversion(
    dtype: np.dtype, low: Any, high: Any, source: str, kind: Kind, notes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that converts images to the dtype that they are meant to have, and add a note about it.

    Args:
        dtype: dtype of the values.
        low: the lowest value.
        high: the highest value.
        source: name of the images in notes and errors.
        kind: whether they are images, signals or volumes.
        notes: list to which a sentence is added.

    Raises:
        ValueError: the scale of the values is unknown.
    """
    if dtype.kind == "b":
        return _black_and_white
    if dtype.kind in "ui":
        return integer_conversion(dtype, int(low), int(high), source, notes, kind)
    return _float_conversion(float(low), float(high), source, kind, notes)


def integer_conversion(
    dtype: np.dtype, low: int, high: int, source: str, notes: list[str], kind: Kind = KINDS[2]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that converts integer images to the dtype that they are meant to have, and add a note.

    Args:
        dtype: dtype of the values.
        low: the lowest value.
        high: the highest value.
        source: name of the images in notes and errors.
        notes: list to which a sentence is added.
        kind: whether they are images, signals or volumes.

    Raises:
        ValueError: values are negative or have more than 16 bits.
    """
    meant = meant_type(dtype.name, low, high)
    if meant is None:
        raise ValueError(
            f"{source} must contain integers from 0 to 255 (8 bits) or to 65535 (16 bits), or floats from 0 to 1, got "
            f"integers from {low} to {high}. Scale the {kind.noun}: {_to_unit_range(low, high, kind)}."
        )
    if meant == "bool":
        notes.append(f"{source} has only the values 0 and 1: they were interpreted as black and white.")
        return _black_and_white
    if meant in WIDE:
        white = WHITE[meant]
        notes.append(f"{source} has {dtype} values up to {high}: they were divided by the dtype's maximum, {white}.")
        return lambda array: (array / white).astype(np.float32)
    target = np.dtype(meant)
    if target != dtype:
        bits = 8 * target.itemsize
        notes.append(f"{source} has {dtype} values up to {high}: they were interpreted as {bits}-bit {kind.noun}.")
    dark = darkness_warning(high, target, source, kind.noun)
    if dark:
        notes.append(dark)
    return lambda array: array.astype(target, copy=False)


def _float_conversion(
    low: float, high: float, source: str, kind: Kind, notes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{source} must be finite, got NaN or infinite values. Remove these {kind.noun}.")
    divisor = divisor_of_floats(low, high)
    if divisor == 1:
        return lambda array: array.astype(np.float32, copy=False)
    if divisor is not None:
        notes.append(f"{source} has floats from {low:g} to {high:g}: they were divided by {divisor}.")
        return lambda array: np.divide(array, divisor, dtype=np.float32)
    raise ValueError(
        f"{source} must contain floats from 0 to 1, got values from {low:g} to {high:g}. Scale the {kind.noun}: "
        f"{_to_unit_range(low, high, kind)}."
    )


def _to_unit_range(low: float, high: float, kind: Kind) -> str:
    """Return an expression that scales images to [0, 1], so that the extremes become black and white."""
    name = kind.noun
    from_zero = f"({name} - {low:.7g})" if low > 0 else f"({name} + {-low:.7g})" if low < 0 else name
    return f"{from_zero} / {high - low:.7g}"


def _black_and_white(array: np.ndarray) -> np.ndarray:
    return array.astype(np.uint8) * np.uint8(255)
