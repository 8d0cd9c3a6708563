"""The meaning of pixel values, for loading, models and drawing.

Images are booleans, unsigned integers of 8 or 16 bits or wider integers that use the range of their type, which are
divided by the value of white; or they are floats. Other values are images in an unusual form. Loading, which sees all
images, converts them and says so; a model, which sees one batch at a time, refuses them and says how to convert them.
"""

from typing import Any

import numpy as np

WIDE = ("int32", "uint32", "int64", "uint64")
WHITE = {"bool": 1, "uint8": 255, "uint16": 65535, **{name: int(np.iinfo(name).max) for name in WIDE}}
"""The types of integer images, and the value of white in each."""
OVERSHOOT = 0.1
"""How far floats may exceed their range, as a fraction of its width, because resizing may overshoot."""
DARK = 0.25
"""Integer images are considered nearly black if all values are below this fraction of white."""
RULE = "Images are booleans, uint8, uint16 or floats."


def white(dtype: Any) -> int | None:
    """Return the value of white in images of a type; None for floats.

    Args:
        dtype: a NumPy type, or the name of a type.

    Raises:
        ValueError: the type is an integer type that is not used for images.
    """
    name = str(dtype)
    if name not in WHITE and "int" in name:
        raise ValueError(f"The images have the type {name}. {RULE} {remedy_for_other_types('images')}")
    return WHITE.get(name)


def meant_type(dtype: str, low: Any, high: Any) -> str | None:
    """Return the type that integer images with these extreme values probably should have; None if it is unclear.

    Args:
        dtype: the type of the images.
        low: the lowest value.
        high: the highest value.
    """
    if low < 0:
        return None
    if high > WHITE["uint16"]:
        return dtype if high > DARK * WHITE[dtype] else None
    if high == 1:
        return "bool"
    return "uint8" if high <= WHITE["uint8"] else "uint16"


def divisor_of_floats(low: float, high: float) -> int | None:
    """Return the number by which floats must be divided to lie in [0, 1]: 1 or 255; None if their scale is unclear.

    Args:
        low: the lowest value.
        high: the highest value.
    """
    if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        return 1
    return WHITE["uint8"] if low >= 0 and 128 <= high <= 255 else None


def problem_of_integers(dtype: str, low: float, high: float, known: bool, name: str) -> str | None:
    """Return why integers are not accepted as images of their type, and the remedy; None if they are accepted.

    Args:
        dtype: type of the values.
        low: the lowest value.
        high: the highest value.
        known: whether images of this type are expected, so that dark images are accepted.
        name: name of the argument, for the remedy.
    """
    meant = meant_type(dtype, low, high)
    if dtype == "bool" or meant == dtype or (known and low >= 0):
        return None
    if low < 0:
        return (
            f"but negative integers can't be scaled to [0, 1], got values from {low:g} to {high:g}. Convert {name} to "
            "floats in the range of the output activation."
        )
    if meant is None:
        return (
            f"whose images are divided by its largest value, {WHITE[dtype]}, but the largest value found is {high:g}, "
            f"so the value of white is unclear. Pass floats: {name} / {high:g}."
        )
    kind = "black and white" if meant == "bool" else f"{8 * np.dtype(meant).itemsize}-bit"
    expected = f", where white is {WHITE[dtype]}" if dtype in WHITE else ""
    dark = f" If they are dark images, pass {name} / {WHITE[dtype]} instead." if dtype in ("uint8", "uint16") else ""
    return (
        f"but the largest value found is {high:g}{expected}: these are {kind} images. Pass "
        f"{name}.astype('{meant}').{dark}"
    )


def remedy_for_other_types(name: str) -> str:
    """Return the remedies for integers whose type is not a type of images and whose values are unknown.

    Args:
        name: name of the argument.
    """
    return (
        f"Pass {name}.astype('uint8') if they are 8-bit images, {name}.astype('uint16') if they are 16-bit images, "
        f"{name}.astype(bool) if they are zeros and ones; convert negative integers to floats."
    )


def darkness_warning(high: float, dtype: Any, source: str, noun: str = "images") -> str | None:
    """Return a warning if integer images use only a small part of the range of their type, otherwise None.

    Args:
        high: the largest value.
        dtype: the type of the images.
        source: name of the data.
        noun: plural of the examples, such as "images".
    """
    brightest = WHITE[str(dtype)]
    if high > DARK * brightest:
        return None
    remedy = "scale them"
    bits = next((bits for bits in (10, 12) if 255 < high < 2**bits), None)
    if bits is not None:
        remedy = f"scale them. {bits}-bit images are {source} / {2**bits - 1}"
    return (
        f"The largest value of {source} is {high:g}, where white is {brightest}: the {noun} are nearly black. If they "
        f"should not be, {remedy}."
    )
