"""Images in files, decoded with Pillow or tifffile."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.channels import with_channels
from keras_cae.datasets.folder import common_layout, each_file
from keras_cae.datasets.image_file import ImageHeader, Layout, Picture, StoredPicture, read_header, read_pixels
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.shards import Record
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.standard_images import integer_conversion
from keras_cae.datasets.tiff import Region, TiledTiff
from keras_cae.pixel_values import meant_type

BAND = 256
"""The number of rows of a large image that are decoded at a time."""


class PictureSource(ImageSource):
    """Images in files, with the same pixels, sizes and channels as from `load_images`.

    The constructor reads all headers, and the pixels of as many images as are needed to decide whether any image is
    transparent and whether the images use the range of their dtype.

    Args:
        pictures: the files, or parts of files.
        sizing: the rule for the images' size.
        channels: the number of channels to convert to, or None to keep that of the images.
        own_sizes: whether each image keeps its size.

    Attributes:
        stored_sizes: `(height, width)` of each image before it is resized.
        resized: whether all images are resized to a size that the user passed.

    Raises:
        ValueError: none of the files can be read.
    """

    def __init__(
        self, pictures: Sequence[Picture], sizing: Sizing, channels: int | None, *, own_sizes: bool = False
    ) -> None:
        super().__init__()
        headers: dict[ImageHeader, ImageHeader] = {}

        def shared_header(number: int) -> ImageHeader:
            header = read_header(pictures[number])
            return headers.setdefault(header, header)

        numbers = range(len(pictures))
        readable, self._headers = each_file(shared_header, numbers, self.skipped, pictures.__getitem__)
        if not readable:
            raise self.failure()
        self._pictures = [_without_path(pictures[number]) for number in readable]
        self._sizing, self._channels = sizing, channels
        self._own_sizes = own_sizes and sizing.image_size is None
        self.kept = np.array(readable)
        self.names = [str(picture) for picture in self._pictures]
        self.files = list(dict.fromkeys(_file_name(picture) for picture in self._pictures))
        self.settings = f"{sizing.image_size} {sizing.resize} {sizing.max_side} {channels} {self._own_sizes}"
        layout = self._choose_layout()
        size = layout.size
        self.stored_sizes = [header.size for header in self._headers]
        self.notes = () if self._own_sizes else sizing.notes(self.stored_sizes)
        self.resized = sizing.image_size is not None
        self.sizes = [header.size if self._own_sizes else size for header in self._headers]
        self.channels = channels or self._stored_channels
        self.dtype = self._convert(np.zeros((1, 1), layout.dtype)).dtype

    def read(self, row: int) -> np.ndarray:
        return self._decode(self._picture(row), self._layout_of(row))

    def view(self, row: int) -> Any:
        picture = self._picture(row)
        return TiledView(self, picture) if isinstance(picture, TiledTiff) and self._own_sizes else self.read(row)

    def part(self, picture: TiledTiff, place: tuple[slice, ...]) -> np.ndarray:
        """Read a part of an image, which decodes only the tiles that it overlaps."""
        pixels = picture.region(place)
        height, width = pixels.shape[:2]
        return self._decode(Region(pixels), self._layout._replace(size=(height, width)))

    def _decode(self, picture: Picture, layout: Layout) -> np.ndarray:
        if self._convert_first:
            image = read_pixels(picture, layout, self._sizing, self._convert)
        else:
            image = self._convert(read_pixels(picture, layout, self._sizing)[..., : self._stored_channels])
        return image if self._channels is None else with_channels(image[None], self._channels)[0]

    def stored(self, row: int) -> tuple[bytes, str, tuple[int, ...], str] | None:
        picture, header = self._picture(row), self._headers[row]
        if isinstance(picture, Path | TiledTiff):
            path = picture if isinstance(picture, Path) else picture.path
            content, form = path.read_bytes(), path.suffix.lower()
        elif isinstance(picture, Record):
            content, form = picture.content(), picture.format
        else:
            return None
        shape = (*header.size, (1 if header.grey else 3) + header.alpha)
        return content, form, shape, "uint16" if header.deep else "uint8"

    def _picture(self, row: int) -> Picture:
        picture = self._pictures[row]
        return Path(picture) if isinstance(picture, str) else picture

    def _layout_of(self, row: int) -> Layout:
        return self._layout._replace(size=self._headers[row].size) if self._own_sizes else self._layout

    def _choose_layout(self) -> Layout:
        """Choose the channels and the dtype as `load_images` does, from as few pixels as possible.

        Returns:
            The size, the channels and the dtype to which files are decoded.
        """
        headers = self._headers
        self._layout = layout = common_layout(headers, self._sizing)
        self._stored_channels = layout.channels
        if self._stored_channels == 4 and not self._any_transparent():
            self._stored_channels = 1 if all(header.grey for header in headers) else 3
        name = np.dtype(layout.dtype).name
        high = self._highest(name)
        self._convert = integer_conversion(np.dtype(layout.dtype), 0, high, "The folder", [])
        # Images that need a conversion are converted before they are resized, as in `load_images`.
        resized = not self._own_sizes and any(header.size != layout.size for header in headers)
        self._convert_first = resized and meant_type(name, 0, high) != name
        if self._convert_first:
            self._layout = layout._replace(channels=self._stored_channels)
        return self._layout

    def _highest(self, name: str) -> int:
        """Return the highest value of the images, or the first one that determines their dtype."""
        high = -1
        for row in range(len(self)):
            for part in self._parts(row):
                high = max(high, int(part[..., : self._stored_channels].max()))
                # Images with values up to 1 may be black and white.
                if high > 1 and meant_type(name, 0, high) == name:
                    return high
        if high < 0:
            raise self.failure()
        return high

    def _parts(self, row: int) -> Iterator[np.ndarray]:
        """Yield an image before conversion, large images in parts. Yield nothing if the image is damaged."""
        picture = self._picture(row)
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
        return read_pixels(self._picture(row), self._layout_of(row), self._sizing)

    def _any_transparent(self) -> bool:
        for row, header in enumerate(self._headers):
            pixels = self.attempt(self._unconverted, row) if header.alpha else None
            if pixels is not None and (pixels[..., 3] < 255).any():
                return True
        return False


class TiledView:
    """A view of an image whose tiles are decoded on demand.

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


def _without_path(picture: Picture) -> str | StoredPicture:
    """Return the path of a file as a string, which takes less memory, and other pictures as they are."""
    return str(picture) if isinstance(picture, Path) else picture


def _file_name(picture: Any) -> str:
    return picture if isinstance(picture, str) else str(picture.path)
