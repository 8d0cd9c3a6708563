"""One image file: what its header says, and its pixels."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from keras_cae.datasets.sizing import Size, Sizing

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's names for 8-bit images by their number of channels."""

DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's names for images of one channel with more than 8 bits."""

GREY_MODES = ("1", "L", "LA", "La", *DEEP_MODES)
SIDEWAYS = (5, 6, 7, 8)
"""The values of the EXIF orientation that swap width and height."""


class ImageHeader(NamedTuple):
    """What can be known of an image before its pixels are decoded.

    `size` is `(height, width)` as a viewer shows it; `grey` says that it has no colours, `alpha` that it
    may be transparent, `deep` that it has more than 8 bits.
    """

    size: Size
    grey: bool
    alpha: bool
    deep: bool


class Layout(NamedTuple):
    """The form that all images of a folder get."""

    size: Size
    channels: int
    dtype: type[np.unsignedinteger]


def read_header(path: Path) -> ImageHeader:
    """Read what is known of an image without decoding it.

    Args:
        path: the file.
    """
    with Image.open(path) as image:
        width, height = image.size
        sideways = image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS
        return ImageHeader(
            size=(width, height) if sideways else (height, width),
            grey=_is_grey(image),
            alpha=image.has_transparency_data,
            deep=image.mode in DEEP_MODES,
        )


def read_pixels(path: Path, layout: Layout, sizing: Sizing) -> np.ndarray:
    """Decode an image into an array `(height, width, channels)`.

    Args:
        path: the file.
        layout: the size, channels and type of the array.
        sizing: the way to that size.
    """
    with Image.open(path) as opened:
        # JPEG decoders halve a large image several times for next to nothing.
        opened.draft(None, (2 * max(layout.size), 2 * max(layout.size)))
        image = ImageOps.exif_transpose(opened)
        deep = _sixteen_bits(image) if image.mode in DEEP_MODES else None
    if layout.dtype is np.uint16 and deep is not None:
        pixels = np.rint(np.asarray(sizing.apply(Image.fromarray(deep), layout.size)))
    else:
        shallow = image if deep is None else Image.fromarray(np.rint(deep / 257).astype(np.uint8))
        pixels = np.asarray(sizing.apply(shallow.convert(MODES[layout.channels]), layout.size))
    return pixels.reshape(*layout.size, layout.channels)


def failure_reason(error: Exception) -> str:
    """Why a file could not be read, in a few words.

    Args:
        error: what reading raised.
    """
    if isinstance(error, UnidentifiedImageError):
        return "not an image, or damaged at its start"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _is_grey(image: Image.Image) -> bool:
    if image.mode not in ("P", "PA"):
        return image.mode in GREY_MODES
    colors = np.array(image.getpalette("RGB") or []).reshape(-1, 3)
    return bool((colors == colors[:, :1]).all())


def _sixteen_bits(image: Image.Image) -> np.ndarray:
    """Pixels from 0 to 65535, as float32, which holds each of them exactly."""
    pixels = np.asarray(image).astype(np.float32)
    low, high = pixels.min(), pixels.max()
    if image.mode == "F":
        pixels *= 65535
    if not (low >= 0 and high <= (1 if image.mode == "F" else 65535)):
        kind, largest = ("floats", 1) if image.mode == "F" else ("whole numbers", 65535)
        raise ValueError(f"pixels are {kind} from {low:g} to {high:g}, not from 0 to {largest}")
    return pixels
