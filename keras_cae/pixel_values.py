"""What the values of pixels mean: the one rule that loading, models and drawing follow.

Images are booleans, 8-bit or 16-bit integers without a sign, or wider integers that use the range of their type, all
of which are divided by the value of white; or they are floats. Whatever else comes is a different way to store such
images: loading, which sees all of them, converts it and says so; a model, which sees a batch at a time, refuses it and
says what to convert.
"""

from typing import Any

import numpy as np

WIDE = ("int32", "uint32", "int64", "uint64")
WHITE = {"bool": 1, "uint8": 255, "uint16": 65535, **{name: int(np.iinfo(name).max) for name in WIDE}}
"""The types of integer images, and the value of white in each."""
OVERSHOOT = 0.1
"""How far beyond their range floats may lie, as a share of its width: resizing overshoots a little."""
DARK = 0.25
"""Integer images whose values all lie below this share of white are nearly black."""
RULE = "Images are booleans, uint8, uint16 or floats."


def white(dtype: Any) -> int | None:
    """Return the value of white in images of a type; None for floats.

    Args:
        dtype: a NumPy type, or the name of a type.

    Raises:
        ValueError: images are not stored in such integers.
    """
    name = str(dtype)
    if name not in WHITE and "int" in name:
        raise ValueError(f"The images have the type {name}. {RULE} {remedy_for_other_types('images')}")
    return WHITE.get(name)


def meant_type(dtype: str, low: Any, high: Any) -> str | None:
    """Return the type that integer images with these extreme values are meant to have; None if it can't be known.

    Args:
        dtype: the type that they have.
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
    """Return what floats are to be divided by to lie in [0, 1]: 1 or 255; None if their scale can't be known.

    Args:
        low: the lowest value.
        high: the highest value.
    """
    if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        return 1
    return WHITE["uint8"] if low >= 0 and 128 <= high <= 255 else None


def problem_of_integers(dtype: str, low: float, high: float, known: bool, name: str) -> str | None:
    """Return why integers can't be taken for images of their type, and the remedy; None if they can.

    Args:
        dtype: type of the values.
        low: the lowest value.
        high: the highest value.
        known: whether images of this type are expected, so that dark ones may come.
        name: the argument, for the remedy.
    """
    meant = meant_type(dtype, low, high)
    if dtype == "bool" or meant == dtype or (known and low >= 0):
        return None
    if low < 0:
        return (
            f"but negative integers have no place in [0, 1], got values from {low:g} to {high:g}. Convert {name} to "
            "floats in the range that the output activation reaches."
        )
    if meant is None:
        return (
            f"whose images are divided by its largest value, {WHITE[dtype]}, but none of the values looked at is above "
            f"{high:g}: it is not known what is white. Pass floats: {name} / {high:g}."
        )
    kind = "black and white" if meant == "bool" else f"{8 * np.dtype(meant).itemsize}-bit"
    expected = f", where white is {WHITE[dtype]}" if dtype in WHITE else ""
    dark = f" If they are dark images, pass {name} / {WHITE[dtype]} instead." if dtype in ("uint8", "uint16") else ""
    return (
        f"but none of the values looked at is above {high:g}{expected}: these are {kind} images. Pass "
        f"{name}.astype('{meant}').{dark}"
    )


def remedy_for_other_types(name: str) -> str:
    """Return the remedies for integers of a type that images do not have, whose values are not known.

    Args:
        name: the argument.
    """
    return (
        f"Pass {name}.astype('uint8') if they are 8-bit images, {name}.astype('uint16') if they are 16-bit images, "
        f"{name}.astype(bool) if they are zeros and ones; convert negative integers to floats."
    )


def darkness_warning(high: float, dtype: Any, source: str, noun: str = "images") -> str | None:
    """Return a sentence, if integer images use a small part of the range of their type only; else None.

    Args:
        high: the largest value.
        dtype: the type of the images.
        source: what to call them.
        noun: what they are.
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
