"""A check of signals, images and volumes to show."""

from typing import Any

import numpy as np

from keras_cae.comparison import RANKS
from keras_cae.kinds import all_shapes_in_words
from keras_cae.pixel_values import OVERSHOOT, problem_of_integers

SIGNAL_AXES = 3
LOWEST, HIGHEST = -OVERSHOOT, 1 + OVERSHOOT
"""The limits of floats. Resizing slightly overshoots 0 and 1."""


def checked_images(images: Any, count: int | None = None, name: str = "images", any_values: bool = False) -> np.ndarray:
    """Return the first images of an array or tensor, with floats converted to float32.

    Args:
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals `(n, length, channels)` with
            any finite values, or volumes `(n, depth, height, width, channels)`.
        count: the maximum number of images to return; None for all.
        name: the name of the argument, for error messages.
        any_values: whether floats may have any finite values.

    Raises:
        ValueError: the images are invalid.
    """
    images = np.asarray(images)
    _check_kind(images, name)
    dtype = "float32" if "float" in str(images.dtype) else images.dtype
    # Copy the images, so that later changes have no effect and the rest of a large array can be freed.
    images = np.array(images[:count], dtype)
    _check_values(images, name, any_values)
    return images


def _check_kind(images: np.ndarray, name: str) -> None:
    if images.ndim not in RANKS or not images.size:
        raise ValueError(
            f"{name} must contain at least one example, in an array of {all_shapes_in_words()}, got the shape "
            f"{images.shape}."
        )
    if not any(kind in str(images.dtype) for kind in ("float", "int", "bool")):
        raise ValueError(f"{name} must be floats in [0, 1] or integers, got the type {images.dtype}.")


def _check_values(images: np.ndarray, name: str, any_values: bool) -> None:
    if not np.isfinite(images).all():
        raise ValueError(f"{name} must be finite, got NaN or infinite values.")
    low, high = float(images.min()), float(images.max())
    if images.dtype.kind in "iub":
        # Dark 8-bit and 16-bit images may be shown, but wider integers with such values have another scale.
        problem = problem_of_integers(images.dtype.name, low, high, images.dtype.itemsize <= 2, name)
        if problem:
            raise ValueError(f"{name} has the type {images.dtype}, {problem}")
    elif any_values or images.ndim == SIGNAL_AXES:  # the axes of curves show the values
        return
    elif low < LOWEST or high > HIGHEST:
        raise ValueError(
            f"{name} must be floats in [0, 1] or integers, got values from {low:g} to {high:g}. If the values are from "
            f"0 to 255, pass {name}.astype('uint8'), or divide by 255."
        )
