"""Photographs that are read from files and written in the same format."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from keras_cae.cli.denoising import deep_png, deep_tiff
from keras_cae.datasets.image_file import DEEP_MODES, SIDEWAYS, open_image

WHITES = (255, 1023, 4095, 16383, 65535)
"""The possible values of white, for 8 bits and for 10, 12, 14 or 16 bits that are stored as 16 bits."""
GREY, COLOUR = 1, 3
PLAIN = {"1": "L", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB"}
"""The modes to which other modes are converted without loss before denoising."""
KEPT_TAGS = (270, 271, 272, 305, 306, 315, 33432)
"""The tags of TIFF files that describe the image, its author and the equipment."""
HALVED_ACROSS, NOT_HALVED = 1, 0
"""The values of Pillow for the chroma subsampling of JPEG files: half the width, and full size."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """An upright image, and a function to write it.

    Args:
        colours: `(height, width, channels)` without alpha, with the dtype of the file.
        alpha: `(height, width, 1)`, or None.
        write: function that writes an array, with the dtype and the channels of the file, to a path.
        channels: number of channels in the file, without alpha.
    """

    colours: np.ndarray
    alpha: np.ndarray | None
    write: Callable[[Path, np.ndarray], None]
    channels: int

    @property
    def white(self) -> float:
        """The value that means white."""
        highest = float(self.colours.max())
        if self.colours.dtype.kind == "f":
            return max(1.0, highest)
        return 255 if self.colours.dtype == np.uint8 else next(white for white in WHITES if white >= highest)

    def floats(self) -> np.ndarray:
        """Return the image as floats in [0, 1], with one channel if it is grey and three otherwise."""
        return (self.colours / np.float32(self.white)).astype(np.float32)

    def save(self, path: Path, floats: np.ndarray) -> None:
        """Write another image in the format of this one.

        Args:
            path: path of the file.
            floats: the image, with the same shape as the result of `floats`.
        """
        dtype = self.colours.dtype
        values = floats * np.float32(self.white)
        if dtype.kind != "f":
            values = np.clip(np.rint(values), 0, self.white)
        values = np.broadcast_to(values.astype(dtype), (*values.shape[:2], self.channels))
        if self.alpha is not None:
            values = np.concatenate([values, self.alpha], axis=-1)
        self.write(path, np.ascontiguousarray(values))


def read_photograph(path: Path) -> Photograph:
    """Read a file that contains a single grey or colour image.

    Raises:
        OSError: the file can't be read.
        ValueError: the file contains something that can't be preserved.
    """
    for deep in (deep_png, deep_tiff):
        if deep.is_deep(path):
            return _photograph(*deep.read(path))
    with open_image(path) as image:
        image_format, pages = image.format, getattr(image, "n_frames", 1)
        # The first image of an MPO file, which smartphones write, is the photograph.
        if pages > 1 and image_format != "MPO":
            raise ValueError(f"{pages} images in one file")
        settings = _settings(image, path)
        ImageOps.exif_transpose(image, in_place=True)
        exif = image.getexif()
        image.load()
        if exif and image_format in ("JPEG", "MPO", "PNG", "WEBP"):
            settings["exif"] = exif.tobytes()
        pixels, mode = _pixels(image)

    def write(target: Path, values: np.ndarray) -> None:
        squeezed = values[..., 0] if values.shape[-1] == 1 else values
        Image.fromarray(squeezed).save(target, format="JPEG" if image_format == "MPO" else image_format, **settings)

    return _photograph(pixels, write, alpha=mode in ("LA", "RGBA"))


def _photograph(pixels: np.ndarray, write: Callable[[Path, np.ndarray], None], alpha: bool) -> Photograph:
    colours, opacity = (pixels[..., :-1], pixels[..., -1:]) if alpha else (pixels, None)
    channels = colours.shape[-1]
    if channels == COLOUR and (colours == colours[..., :1]).all():
        colours = colours[..., :1]
    return Photograph(colours, opacity, write, channels)


def _pixels(image: Image.Image) -> tuple[np.ndarray, str]:
    """Return the pixels `(height, width, channels)` and the mode: L, LA, RGB or RGBA, or a deep grey mode."""
    if image.mode in DEEP_MODES:
        pixels = np.asarray(image)
        if pixels.dtype.kind == "f":
            return pixels[..., None], image.mode
        if pixels.min() < 0 or pixels.max() > WHITES[-1]:
            raise ValueError(f"pixels are integers from {pixels.min()} to {pixels.max()}, not from 0 to 65535")
        return pixels.astype(np.uint16)[..., None], image.mode
    mode = PLAIN.get(image.mode, image.mode)
    if image.has_transparency_data and mode in ("L", "RGB"):
        mode = "LA" if mode == "L" else "RGBA"
    if mode not in ("L", "LA", "RGB", "RGBA"):
        raise ValueError(f"its colours are {image.mode}, not grey or RGB")
    image = image if image.mode == mode else image.convert(mode)
    pixels = np.asarray(image)
    return pixels.reshape(*pixels.shape[:2], -1), mode


def _settings(image: Image.Image, path: Path) -> dict[str, Any]:
    """Return the arguments with which Pillow writes the file in the same way."""
    info = image.info
    settings = {name: info[name] for name in ("icc_profile", "dpi") if info.get(name)}
    if image.format in ("JPEG", "MPO"):
        settings |= {"qtables": image.quantization, "progressive": bool(info.get("progressive"))}  # type: ignore[attr-defined]
        sampling = get_sampling(image)
        if sampling == HALVED_ACROSS and image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS:
            sampling = NOT_HALVED
        settings |= {} if sampling < 0 else {"subsampling": sampling}
    elif image.format == "TIFF":
        compression = info.get("compression", "raw")
        lossless = compression in ("tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "zstd", "lzma")
        settings["compression"] = compression if lossless else None
        settings["tiffinfo"] = {tag: image.tag_v2[tag] for tag in KEPT_TAGS if tag in image.tag_v2}  # type: ignore[attr-defined]
    elif image.format == "WEBP":
        settings |= {"lossless": True} if _is_lossless_webp(path) else {"quality": 90}
    return settings


def _is_lossless_webp(path: Path) -> bool:
    """Return whether a WebP file is lossless. Each chunk has a type and a length, and is padded to an even size."""
    with path.open("rb") as file:
        file.seek(12)
        while len(start := file.read(8)) == 8 and start[:4] != b"VP8 ":
            if start[:4] == b"VP8L":
                return True
            length = int.from_bytes(start[4:], "little")
            file.seek(length + length % 2, 1)
    return False
