"""Arrays of images as people store them, brought to one form."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_cae.pixel_values import WHITE, WIDE, darkness_note, divisor_of_floats, meant_type

CHANNEL_COUNTS = (1, 3, 4)


def standard_images(arrays: Sequence[np.ndarray], source: str) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Return arrays of images as uint8, uint16 or float32 of shape `(n, height, width, channels)`.

    Args:
        arrays: arrays that belong together, so that they are scaled alike.
        source: what to call them in notes and errors.

    Returns:
        The arrays, and notes on what was taken for what.

    Raises:
        ValueError: these are not images, or their scale can't be known.
    """
    notes: list[str] = []
    images = [_with_image_axes(array, source, notes) for array in arrays]
    if len({array.shape[1:] for array in images}) > 1 or len({a.dtype for a in images}) > 1:
        kinds = " and ".join(f"{array.dtype} {array.shape}" for array in images)
        raise ValueError(f"The arrays of {source} must hold images of one type and size, got {kinds}.")
    low = min(array.min() for array in images)
    high = max(array.max() for array in images)
    convert = _conversion(images[0].dtype, low, high, source, notes)
    return [convert(array) for array in images], tuple(dict.fromkeys(notes))


def _with_image_axes(array: np.ndarray, source: str, notes: list[str]) -> np.ndarray:
    shape = array.shape
    if array.dtype.kind not in "buif":
        raise ValueError(f"{source} must hold numbers, got the type {array.dtype}: store the images as uint8.")
    if not array.size:
        raise ValueError(f"{source} holds no images, its shape is {shape}.")
    if len(shape) == 3 and shape[-1] not in (3, 4):
        return array[..., None]
    if len(shape) != 4:
        raise ValueError(
            f"{source} must hold images of shape (n, height, width, channels) or (n, height, width), "
            f"got {shape}. Reshape flattened images; store a single image as images[None]."
        )
    if shape[1] in CHANNEL_COUNTS and shape[-1] not in CHANNEL_COUNTS:
        notes.append(f"{source} has its channels first, {shape}: moved to the end.")
        return np.moveaxis(array, 1, -1)
    return array


def _conversion(
    dtype: np.dtype, low: Any, high: Any, source: str, notes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    if dtype.kind == "b":
        return _black_and_white
    if dtype.kind in "ui":
        return integer_conversion(dtype, int(low), int(high), source, notes)
    return _float_conversion(float(low), float(high), source, notes)


def integer_conversion(
    dtype: np.dtype, low: int, high: int, source: str, notes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that brings integer images to the type that they are meant to have, and note why.

    Args:
        dtype: their type.
        low: the lowest of their values.
        high: the highest.
        source: what to call them.
        notes: where a sentence is added.

    Raises:
        ValueError: values are negative or have more than 16 bits.
    """
    meant = meant_type(dtype.name, low, high)
    if meant is None:
        raise ValueError(
            f"{source} has whole numbers from {low} to {high}; images have values from 0 to 255 (8-bit) "
            f"or from 0 to 65535 (16-bit), or are floats from 0 to 1. Scale them: {_to_unit_range(low, high)}."
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
        notes.append(f"{source} has {dtype} values up to {high}: taken as {bits}-bit images.")
    dark = darkness_note(high, target, source)
    if dark:
        notes.append(dark)
    return lambda array: array.astype(target, copy=False)


def _float_conversion(low: float, high: float, source: str, notes: list[str]) -> Callable[[np.ndarray], np.ndarray]:
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{source} holds NaN or infinite values: remove or replace these images.")
    divisor = divisor_of_floats(low, high)
    if divisor == 1:
        return lambda array: array.astype(np.float32, copy=False)
    if divisor is not None:
        notes.append(f"{source} has floats from {low:g} to {high:g}: divided by {divisor}.")
        return lambda array: np.divide(array, divisor, dtype=np.float32)
    raise ValueError(
        f"{source} has floats from {low:g} to {high:g}; floats must lie between 0 and 1. Scale them: "
        f"{_to_unit_range(low, high)}."
    )


def _to_unit_range(low: float, high: float) -> str:
    """The expression that scales images to [0, 1], so that the extremes are black and white."""
    from_zero = f"(images - {low:.7g})" if low > 0 else f"(images + {-low:.7g})" if low < 0 else "images"
    return f"{from_zero} / {high - low:.7g}"


def _black_and_white(array: np.ndarray) -> np.ndarray:
    return array.astype(np.uint8) * np.uint8(255)
