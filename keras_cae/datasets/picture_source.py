"""Images from files that Pillow or tifffile decodes."""

from collections.abc import Sequence
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
from keras_cae.pixel_values import meant_type


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
        self._plan()
        size = self._layout.size
        self.stored_sizes = [header.size for header in headers]
        self.resized = sizing.image_size is not None
        self.sizes = [header.size if self._own_sizes else size for header in headers]
        example = next((image for row in range(len(self)) if (image := self.attempt(self.read, row)) is not None), None)
        if example is None:
            raise self.failure()
        self.channels, self.dtype = example.shape[-1], example.dtype

    def read(self, row: int) -> np.ndarray:
        picture, layout = self._pictures[row], self._layout_of(row)
        if self._first:
            image = read_pixels(picture, layout, self._sizing, self._convert)
        else:
            image = self._convert(read_pixels(picture, layout, self._sizing)[..., : self._kept])
        return image if self._channels is None else with_channels(image[None], self._channels)[0]

    def stored(self, row: int) -> tuple[bytes, str, tuple[int, ...], str] | None:
        picture, header = self._pictures[row], self._headers[row]
        if isinstance(picture, Path):
            content, form = picture.read_bytes(), picture.suffix.lower()
        elif isinstance(picture, Record):
            content, form = picture.content(), picture.format
        else:
            return None
        shape = (*header.size, (1 if header.grey else 3) + header.alpha)
        return content, form, shape, "uint16" if header.deep else "uint8"

    def _layout_of(self, row: int) -> Layout:
        return self._layout._replace(size=self._headers[row].size) if self._own_sizes else self._layout

    def _plan(self) -> None:
        """Decide on the form of the images as `load_images` does, from as few pixels as will do."""
        headers = self._headers
        self._layout = layout = common_layout(headers, self._sizing)
        self._kept = layout.channels
        if self._kept == 4 and not self._any_transparent():
            self._kept = 1 if all(header.grey for header in headers) else 3
        high = 0
        name = np.dtype(layout.dtype).name
        for row in range(len(self)):
            pixels = self.attempt(self._unconverted, row)
            high = max(high, 0 if pixels is None else int(pixels[..., : self._kept].max()))
            # Whatever is up to 1 may still be black and white.
            if high > 1 and meant_type(name, 0, high) == name:
                break
        self._convert = integer_conversion(np.dtype(layout.dtype), 0, high, "The folder", [])
        # What is stored in another way is converted before it gets its size, as `load_images` does.
        resized = not self._own_sizes and any(header.size != layout.size for header in headers)
        self._first = resized and meant_type(name, 0, high) != name
        if self._first:
            self._layout = layout._replace(channels=self._kept)

    def _unconverted(self, row: int) -> np.ndarray:
        return read_pixels(self._pictures[row], self._layout_of(row), self._sizing)

    def _any_transparent(self) -> bool:
        for row, header in enumerate(self._headers):
            pixels = self.attempt(self._unconverted, row) if header.alpha else None
            if pixels is not None and (pixels[..., 3] < 255).any():
                return True
        return False


def _file(picture: Any) -> Path:
    return picture if isinstance(picture, Path) else picture.path
