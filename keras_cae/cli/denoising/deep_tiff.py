"""Reading and writing of 16-bit colour TIFF files with tifffile, because Pillow reads only 8 bits."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import UnidentifiedImageError

from keras_cae.cli.denoising.deep_png import TURNS
from keras_cae.datasets.image_file import TIFF_STARTS, open_image
from keras_cae.extras import install_hint

BITS, ICC_PROFILE, ORIENTATION = 258, 34675, 274
ALPHA = 2
"""The value of tifffile for an alpha channel that is not premultiplied."""


def is_deep(path: Path) -> bool:
    """Return whether a file is a TIFF file with more than 8 bits per channel and colours or alpha."""
    with path.open("rb") as file:
        if file.read(4) not in TIFF_STARTS:
            return False
    if importlib.util.find_spec("tifffile") is not None:
        import tifffile

        with tifffile.TiffFile(path) as opened:
            page: Any = opened.pages[0]
            return page.samplesperpixel > 1 and page.bitspersample > 8
    try:
        with open_image(path) as image:
            bits = image.tag_v2.get(BITS, (8,))  # type: ignore[attr-defined]
    except UnidentifiedImageError:
        return False
    return len(bits) > 1 and max(bits) > 8


def read(path: Path) -> tuple[np.ndarray, Callable[[Path, np.ndarray], None], bool]:
    """Return the upright pixels, a function that writes others, and whether the last channel is alpha.

    Raises:
        ValueError: tifffile is not installed, or the file is not a 16-bit colour image.
    """
    if importlib.util.find_spec("tifffile") is None:
        raise ValueError(f"a 16-bit colour TIFF, which needs tifffile. {install_hint('tiff')}")
    import tifffile

    with tifffile.TiffFile(path) as opened:
        if len(opened.pages) > 1:
            raise ValueError(f"{len(opened.pages)} images in one file")
        page: Any = opened.pages[0]
        pixels = page.asarray()
        tags = {tag.code: tag.value for tag in page.tags}
        resolution, unit = page.get_resolution(), page.resolutionunit
        compression = page.compression
    if pixels.ndim != 3 or pixels.shape[-1] not in (3, 4) or pixels.dtype != np.uint16:
        raise ValueError(f"an image of shape {pixels.shape} and dtype {pixels.dtype}, not a 16-bit colour image")
    pixels = TURNS.get(tags.get(ORIENTATION, 1), lambda upright: upright)(pixels)
    profile = tags.get(ICC_PROFILE)

    def write(target: Path, values: np.ndarray) -> None:
        alpha = {"extrasamples": (ALPHA,)} if values.shape[-1] == 4 else {}
        tifffile.imwrite(
            target,
            values,
            photometric="rgb",
            compression=compression if compression in (5, 8, 32946) and _has_codecs() else None,
            iccprofile=profile,
            resolution=resolution,
            resolutionunit=unit,
            software=tags.get(305),
            **alpha,
        )

    return pixels, write, pixels.shape[-1] == 4


def _has_codecs() -> bool:
    return importlib.util.find_spec("imagecodecs") is not None
