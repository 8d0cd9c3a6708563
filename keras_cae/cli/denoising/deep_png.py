"""Reading and writing of 16-bit colour PNG files with TensorFlow, because Pillow reads only 8 bits."""

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import ExifTags, Image

START = b"\x89PNG\r\n\x1a\n"
HEADER, EXIF = b"IHDR", b"eXIf"
KEPT = (b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"pHYs", b"tEXt", b"zTXt", b"iTXt", b"tIME")
"""The chunks that describe the colour space and the image."""
GREY = 0
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
"""The functions that turn images upright, by their EXIF orientation."""


def is_deep(path: Path) -> bool:
    """Return whether a file is a 16-bit PNG file with colours or alpha."""
    with path.open("rb") as file:
        beginning = file.read(26)
    return beginning[:8] == START and len(beginning) == 26 and beginning[24] == 16 and beginning[25] != GREY


def read(path: Path) -> tuple[np.ndarray, Callable[[Path, np.ndarray], None], bool]:
    """Return the upright pixels, a function that writes others, and whether the last channel is alpha.

    Raises:
        ValueError: the file is damaged.
    """
    content = path.read_bytes()
    try:
        parts = list(_parts(content))
        pixels = tf.io.decode_png(content, dtype=tf.uint16).numpy()
    except (struct.error, tf.errors.OpError) as error:
        raise ValueError("damaged") from error
    kept = [(kind, data) for kind, data in parts if kind in KEPT]
    orientation = None
    for kind, data in parts:
        if kind == EXIF:
            exif = Image.Exif()
            exif.load(data)
            orientation = exif.pop(ExifTags.Base.Orientation, None)
            kept.append((EXIF, exif.tobytes().removeprefix(b"Exif\0\0")))
    pixels = TURNS.get(orientation or 1, lambda upright: upright)(pixels)

    def write(target: Path, values: np.ndarray) -> None:
        written = tf.io.encode_png(tf.constant(values)).numpy()
        header, *others = _parts(written)
        every = (header, *kept, *(part for part in others if part[0] not in KEPT))
        target.write_bytes(START + b"".join(_packed(*part) for part in every))

    return pixels, write, pixels.shape[-1] in (2, 4)


def _parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the types and the data of the chunks of a file."""
    position = len(START)
    while position < len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        yield kind, content[position + 8 : position + 8 + length]
        position += length + 12


def _packed(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
