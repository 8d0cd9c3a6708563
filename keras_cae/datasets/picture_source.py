"""Images from files that Pillow or tifffile decodes."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.channels import with_channels
from keras_cae.datasets.folder import common_layout, each_file
from keras_cae.datasets.image_file import Layout, Picture, read_header, read_pixels
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.shards import Record
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.standard_images import integer_conversion
from keras_cae.datasets.tiff import Region, TiledTiff
from keras_cae.pixel_values import meant_type

BAND = 256
"""How many rows of a large image are looked at at once."""


class PictureSource(ImageSource):
    """Images with the pixels, the size and the channels that `load_images` gives them.

    Headers are read once, here; so are the pixels of as many images as it takes to know whether any is
    transparent and whether the images are darker than their type.

    Args:
        pictures: the files, or parts of files.
        sizing: the rule for the images' size.
        channels: the channels that all images get, or None for what the images have.
        own_sizes: whether every image keeps its size.

    Attributes:
        stored_sizes: `(height, width)` of each image before it is resized.
        resized: whether all images get a size that was asked for.

    Raises:
        ValueError: none of them can be read.
    """

    def __init__(
        self, pictures: Sequence[Picture], sizing: Sizing, channels: int | None, *, own_sizes: bool = False
    ) -> None:
        super().__init__()
        numbered = list(enumerate(pictures))
        headed, headers = each_file(lambda pair: read_header(pair[1]), numbered, self.skipped, lambda pair: pair[1])
        self.names = [str(picture) for picture in pictures]
        if not headed:
            raise self.failure()
        self._pictures = [picture for _, picture in headed]
        self._headers = headers
        self._sizing, self._channels = sizing, channels
        self._own_sizes = own_sizes and sizing.image_size is None
        self.kept = np.array([number for number, _ in headed])
        self.names = [str(picture) for picture in self._pictures]
        self.files = list(dict.fromkeys(_file(picture) for picture in self._pictures))
        self.settings = f"{sizing.image_size} {sizing.resize} {sizing.max_side} {channels} {self._own_sizes}"
        layout = self._plan()
        size = layout.size
        self.stored_sizes = [header.size for header in headers]
        self.notes = () if self._own_sizes else sizing.notes(self.stored_sizes)
        self.resized = sizing.image_size is not None
        self.sizes = [header.size if self._own_sizes else size for header in headers]
        self.channels = channels or self._kept
        self.dtype = self._convert(np.zeros((1, 1), layout.dtype)).dtype

    def read(self, row: int) -> np.ndarray:
        return self._finished(self._pictures[row], self._layout_of(row))

    def view(self, row: int) -> Any:
        picture = self._pictures[row]
        return TiledView(self, picture) if isinstance(picture, TiledTiff) and self._own_sizes else self.read(row)

    def part(self, picture: TiledTiff, place: tuple[slice, ...]) -> np.ndarray:
        """Read a part of an image: only the tiles that it touches."""
        pixels = picture.region(place)
        height, width = pixels.shape[:2]
        return self._finished(Region(pixels), self._layout._replace(size=(height, width)))

    def _finished(self, picture: Picture, layout: Layout) -> np.ndarray:
        if self._first:
            image = read_pixels(picture, layout, self._sizing, self._convert)
        else:
            image = self._convert(read_pixels(picture, layout, self._sizing)[..., : self._kept])
        return image if self._channels is None else with_channels(image[None], self._channels)[0]

    def stored(self, row: int) -> tuple[bytes, str, tuple[int, ...], str] | None:
        picture, header = self._pictures[row], self._headers[row]
        if isinstance(picture, Path | TiledTiff):
            picture = _file(picture)
            content, form = picture.read_bytes(), picture.suffix.lower()
        elif isinstance(picture, Record):
            content, form = picture.content(), picture.format
        else:
            return None
        shape = (*header.size, (1 if header.grey else 3) + header.alpha)
        return content, form, shape, "uint16" if header.deep else "uint8"

    def _layout_of(self, row: int) -> Layout:
        return self._layout._replace(size=self._headers[row].size) if self._own_sizes else self._layout

    def _plan(self) -> Layout:
        """Decide on the form of the images as `load_images` does, from as few pixels as will do.

        Returns:
            The form in which they are decoded.
        """
        headers = self._headers
        self._layout = layout = common_layout(headers, self._sizing)
        self._kept = layout.channels
        if self._kept == 4 and not self._any_transparent():
            self._kept = 1 if all(header.grey for header in headers) else 3
        name = np.dtype(layout.dtype).name
        high = self._highest(name)
        self._convert = integer_conversion(np.dtype(layout.dtype), 0, high, "The folder", [])
        # What is stored in another way is converted before it gets its size, as `load_images` does.
        resized = not self._own_sizes and any(header.size != layout.size for header in headers)
        self._first = resized and meant_type(name, 0, high) != name
        if self._first:
            self._layout = layout._replace(channels=self._kept)
        return self._layout

    def _highest(self, name: str) -> int:
        """Return the highest value of the images, or one that decides on what their type is meant to be."""
        high = -1
        for row in range(len(self)):
            for part in self._parts(row):
                high = max(high, int(part[..., : self._kept].max()))
                # Whatever is up to 1 may still be black and white.
                if high > 1 and meant_type(name, 0, high) == name:
                    return high
        if high < 0:
            raise self.failure()
        return high

    def _parts(self, row: int) -> Iterator[np.ndarray]:
        """Yield an image before it is converted, a large one part by part; nothing, if it is damaged."""
        picture = self._pictures[row]
        if not isinstance(picture, TiledTiff):
            pixels = self.attempt(self._unconverted, row)
            if pixels is not None:
                yield pixels
            return
        height, width = picture.size
        for top in range(0, height, BAND):
            size = (min(BAND, height - top), width)
            place = (slice(top, top + BAND), slice(None))
            band = self.attempt(partial(_region, picture, place), row)
            if band is None:
                return
            yield read_pixels(Region(band), self._layout._replace(size=size), self._sizing)

    def _unconverted(self, row: int) -> np.ndarray:
        return read_pixels(self._pictures[row], self._layout_of(row), self._sizing)

    def _any_transparent(self) -> bool:
        for row, header in enumerate(self._headers):
            pixels = self.attempt(self._unconverted, row) if header.alpha else None
            if pixels is not None and (pixels[..., 3] < 255).any():
                return True
        return False


class TiledView:
    """An image whose tiles are decoded on demand.

    Args:
        source: source of the image.
        picture: the file.
    """

    def __init__(self, source: PictureSource, picture: TiledTiff) -> None:
        self._source, self._picture = source, picture
        self.shape = (*picture.size, source.channels)

    def __getitem__(self, place: tuple[slice, ...]) -> np.ndarray:
        return self._source.part(self._picture, place)


def _region(picture: TiledTiff, place: tuple[slice, ...], row: int) -> np.ndarray:
    return picture.region(place)


def _file(picture: Any) -> Path:
    return picture if isinstance(picture, Path) else picture.path
