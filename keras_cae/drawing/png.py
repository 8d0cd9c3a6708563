"""Encoding of pictures as PNG files."""

import io

import numpy as np
from PIL import Image

COMPRESS_LEVEL = 1
"""The compression level of zlib, from 0 to 9. Higher levels take twice the time for hardly smaller files."""


def to_png(picture: np.ndarray) -> bytes:
    """Encode a picture, `(height, width, 3 or 4)` uint8, as the content of a PNG file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=COMPRESS_LEVEL)
    return file.getvalue()
