"""Conversion between grey, colour, and colour with alpha."""

import numpy as np

CHUNK = 1024
"""The number of images converted at a time, which limits the memory for floats."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""The weights of red, green and blue in grey (ITU-R BT.601)."""


def check_channels(channels: int | None) -> None:
    """Raise a `ValueError` if images can't be converted to this number of channels."""
    if channels is not None and (type(channels) is not int or channels not in (1, 3, 4)):
        raise ValueError(f"channels must be 1 (grey), 3 (colour) or 4 (colour and alpha), got {channels!r}.")


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Convert images to another number of channels. Their dtype is kept.

    Args:
        images: array `(n, height, width, channels)`.
        channels: 1, 3 or 4. If alpha is removed, transparent pixels become white.

    Raises:
        ValueError: the images don't have 1, 3 or 4 channels.
    """
    found = images.shape[-1]
    if found == channels:
        return images
    if found not in (1, 3, 4):
        raise ValueError(f"channels={channels} requires images with 1, 3 or 4 channels, got {found} channels.")
    converted = np.empty((*images.shape[:-1], channels), images.dtype)
    for start in range(0, len(images), CHUNK):
        chunk = slice(start, start + CHUNK)
        converted[chunk] = _convert(images[chunk], channels)
    return converted


def _convert(images: np.ndarray, channels: int) -> np.ndarray:
    white = np.float32(np.iinfo(images.dtype).max if images.dtype.kind == "u" else 1)
    pixels: np.ndarray = images.astype(np.float32)
    if pixels.shape[-1] == 4:
        opacity = pixels[..., 3:] / white
        pixels = pixels[..., :3] * opacity + white * (1 - opacity)
    if channels == 1:
        pixels = (pixels @ LUMA)[..., None]
    elif pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    if channels == 4:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], white)], axis=-1)
    return np.rint(pixels) if images.dtype.kind == "u" else pixels
