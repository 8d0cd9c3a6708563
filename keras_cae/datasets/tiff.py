"""Pages of TIFF files, and parts of large TIFF files."""

import contextlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_cae.datasets.image_file import ImageHeader, Picture, header_of, image_of, open_image

TIFF_SUFFIXES = (".tif", ".tiff")
ORIENTATION, UPRIGHT = 274, 1
GREY, COLOUR = (1,), (2, 6)
"""The supported photometric interpretations: grey where 0 is black; RGB, and YCbCr, which is decoded to RGB."""


@dataclass(frozen=True)
class Page:
    """A page of a TIFF file.

    Args:
        path: path of the file.
        number: number of the page, from 0.
    """

    path: Path
    number: int

    def __str__(self) -> str:
        return f"{self.path}[{self.number}]"

    @contextlib.contextmanager
    def open(self) -> Iterator[Image.Image]:
        """Open the page with Pillow."""
        with open_image(self.path) as image:
            if self.number:
                image.seek(self.number)
            yield image

    def header(self) -> ImageHeader:
        """Return the header of the page."""
        with self.open() as image:
            return header_of(image)


def pages_of(path: Path) -> list[Picture]:
    """Return all pages of a TIFF file. Other files and files that can't be read are returned as one image."""
    if path.suffix.lower() not in TIFF_SUFFIXES:
        return [path]
    try:
        with open_image(path) as image:
            count = getattr(image, "n_frames", 1)
    # Reading the header later raises a better error.
    except Exception:
        return [path]
    return [Page(path, number) for number in range(count)] if count > 1 else [path]


@dataclass(frozen=True, eq=False)
class Region:
    """A part of an image that is already in memory.

    Args:
        pixels: `(height, width)` or `(height, width, channels)`.
    """

    pixels: np.ndarray

    @contextlib.contextmanager
    def open(self) -> Iterator[Image.Image]:
        """Convert the pixels to an image."""
        yield image_of(self.pixels)

    def header(self) -> ImageHeader:
        """Return the header of the image."""
        return header_of(image_of(self.pixels))


class TiledTiff:
    """A tiled TIFF file, such as a microscope slide, whose parts can be decoded separately.

    Args:
        path: path of the file.
        page: the first page, as tifffile returns it.
    """

    def __init__(self, path: Path, page: Any) -> None:
        self.path = path
        self.size: tuple[int, int] = (page.imagelength, page.imagewidth)
        self._page = page
        self._tile = (page.tilelength, page.tilewidth)
        # Access these attributes now, because they read from the file, which the caller closes.
        self._starts, self._lengths, self._tables = page.dataoffsets, page.databytecounts, page.jpegtables
        self._decode = page.decode

    @classmethod
    def find(cls, path: Path) -> "TiledTiff | None":
        """Return the file, or None unless it is an upright grey or colour image in tiles that can be decoded."""
        if path.suffix.lower() not in TIFF_SUFFIXES or importlib.util.find_spec("tifffile") is None:
            return None
        import tifffile

        try:
            with tifffile.TiffFile(path) as file:
                page: Any = file.pages[0]
                if not _is_plain(page):
                    return None
                tiled = cls(path, page)
            tiled.region((slice(0, 1), slice(0, 1)))
        # Some compressions need another package. Pillow may support them, or raises a better error.
        except Exception:
            return None
        return tiled

    def __str__(self) -> str:
        return str(self.path)

    def region(self, place: tuple[slice, ...]) -> np.ndarray:
        """Decode the tiles that overlap a part of the image, and return the part.

        Args:
            place: slices along the height and the width.
        """
        rows, columns = (slice(*part.indices(side)[:2]) for part, side in zip(place, self.size, strict=False))
        height, width = self._tile
        across = -(-self.size[1] // width)
        shape = (rows.stop - rows.start, columns.stop - columns.start, self._page.samplesperpixel)
        part = np.zeros(shape, self._page.dtype)
        with self.path.open("rb") as file:
            for top in range(rows.start // height * height, rows.stop, height):
                for left in range(columns.start // width * width, columns.stop, width):
                    tile = self._tile_of(file, top // height * across + left // width)
                    if tile is not None:
                        _paste(part, tile, top - rows.start, left - columns.start)
        return part[..., 0] if shape[-1] == 1 else part

    def _tile_of(self, file: Any, index: int) -> np.ndarray | None:
        """Return a tile, `(height, width, channels)`, or None if the file omits it because it is black."""
        if not self._lengths[index]:
            return None
        file.seek(self._starts[index])
        content = file.read(self._lengths[index])
        if len(content) < self._lengths[index]:
            raise ValueError("the file is truncated")
        tile, _, shape = self._decode(content, index, jpegtables=self._tables)
        return tile[0, : shape[1], : shape[2]]

    @contextlib.contextmanager
    def open(self) -> Iterator[Image.Image]:
        """Decode the whole image."""
        yield image_of(self.region((slice(None), slice(None))))

    def header(self) -> ImageHeader:
        """Return the header of the image."""
        channels = self._page.samplesperpixel
        return ImageHeader(self.size, channels == 1, channels == 4, self._page.dtype == np.uint16)


def _is_plain(page: Any) -> bool:
    """Return whether the stored pixels of a page equal those that Pillow returns."""
    orientation = page.tags.get(ORIENTATION)
    if not page.is_tiled or page.imagedepth != 1 or page.planarconfig != 1:
        return False
    if orientation is not None and orientation.value != UPRIGHT:
        return False
    if page.photometric in GREY:
        return page.samplesperpixel == 1 and page.dtype in (np.uint8, np.uint16)
    return page.photometric in COLOUR and page.samplesperpixel == 3 and page.dtype == np.uint8


def _paste(part: np.ndarray, tile: np.ndarray, top: int, left: int) -> None:
    """Copy the overlap of a tile and a part. `top` and `left` are the position of the tile in the part."""
    bottom, right = min(top + tile.shape[0], part.shape[0]), min(left + tile.shape[1], part.shape[1])
    above, before = max(0, top), max(0, left)
    part[above:bottom, before:right] = tile[above - top : bottom - top, before - left : right - left]
