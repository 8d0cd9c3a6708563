"""Volumes in TIFF files, whose pages are the slices."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from keras_cae.datasets.array_source import extremes, is_type_decided
from keras_cae.datasets.folder import each_file
from keras_cae.datasets.image_file import DEEP_MODES, MIN_IS_WHITE, PHOTOMETRIC, open_image
from keras_cae.datasets.image_source import ImageSource, size_text
from keras_cae.datasets.standard_images import conversion
from keras_cae.datasets.tiff import TIFF_SUFFIXES
from keras_cae.kinds import KINDS
from keras_cae.wording import counted

VOLUMES = 3
"""The number of spatial axes of volumes."""
KEPT_MODES = ("1", "L", "RGB", "RGBA", *DEEP_MODES)
"""Pillow's names for images whose pixels need no conversion."""


class Stack(NamedTuple):
    """The shape of the pages of a file, `(depth, height, width, channels)`, and their dtype."""

    shape: tuple[int, ...]
    dtype: np.dtype


class VolumeSource(ImageSource):
    """Volumes in TIFF files, one per file. A file with a single page is a volume with a single slice.

    Values are converted in the same way as `load_images` converts arrays.

    Args:
        paths: the files.
        own_sizes: whether volumes may differ in size.

    Raises:
        ValueError: a file is not a TIFF file, volumes differ in size or dtype, or none can be read.
    """

    def __init__(self, paths: Sequence[Path], *, own_sizes: bool = False) -> None:
        super().__init__()
        other = next((path for path in paths if path.suffix.lower() not in TIFF_SUFFIXES), None)
        if other is not None:
            raise ValueError(
                f"rank=3 requires volumes in TIFF files, one per file, got {str(other)!r}. Remove this file, or stream "
                "images with rank=2."
            )
        self.names = [str(path) for path in paths]
        readable, stacks = each_file(read_stack, list(paths), self.skipped)
        if not readable:
            raise self.failure()
        numbers = {path: number for number, path in enumerate(paths)}
        self.kept = np.array([numbers[path] for path in readable])
        self.files = self.names = [str(path) for path in readable]
        self._check_same(stacks, own_sizes)
        self.sizes = [stack.shape[:-1] for stack in stacks]
        self.channels = stacks[0].shape[-1]
        low, high = self._extremes()
        self._convert = conversion(stacks[0].dtype, low, high, "The folder", KINDS[VOLUMES], [])
        self.dtype = self._convert(np.zeros((1, 1), stacks[0].dtype)).dtype
        self.settings = f"volumes {own_sizes}"

    def read(self, row: int) -> np.ndarray:
        return self._convert(self._part(row, (slice(None),) * VOLUMES))

    def view(self, row: int) -> Any:
        return VolumeView(self, row)

    def part(self, row: int, place: tuple[slice, ...]) -> np.ndarray:
        """Read a part of a volume, which decodes only the pages that it overlaps."""
        return self._convert(self._part(row, place))

    def _part(self, row: int, place: tuple[slice, ...]) -> np.ndarray:
        size = self.sizes[row]
        pages, *within = place
        with open_image(Path(self.files[row])) as image:
            slices = [_pixels(image, number)[tuple(within)] for number in range(*pages.indices(size[0]))]
        return np.stack(slices)

    def _extremes(self) -> tuple[Any, Any]:
        """Return the extreme values of the volumes. The search ends once they determine the dtype."""
        lows, highs = [], []
        for page in self._pages():
            low, high = extremes(page)
            lows.append(low)
            highs.append(high)
            if is_type_decided(page.dtype, high):
                break
        if not lows:
            raise self.failure()
        # Unlike Python's min and max, these propagate NaN.
        return np.min(lows), np.max(highs)

    def _pages(self) -> Iterator[np.ndarray]:
        """Yield all pages that can be read."""
        for row, (depth, *_) in enumerate(self.sizes):
            for number in range(depth):
                place = (slice(number, number + 1), slice(None), slice(None))
                page = self.attempt(partial(self._part, place=place), row)
                if page is None:
                    break
                yield page

    def _check_same(self, stacks: Sequence[Stack], own_sizes: bool) -> None:
        for name, stack in zip(self.names, stacks, strict=True):
            first = stacks[0]
            if (stack.dtype, stack.shape[-1]) != (first.dtype, first.shape[-1]):
                raise ValueError(
                    f"Volumes must have the same dtype and number of channels, but {self.names[0]!r} has {first.dtype} "
                    f"with {counted(first.shape[-1], 'channels')} and {name!r} has {stack.dtype} with "
                    f"{counted(stack.shape[-1], 'channels')}."
                )
            if not own_sizes and stack.shape != first.shape:
                raise ValueError(
                    f"Volumes must have the same size, but {self.names[0]!r} has {size_text(first.shape[:-1])} voxels "
                    f"and {name!r} has {size_text(stack.shape[:-1])}. Cut patches of the same size with "
                    "patches=(depth, height, width)."
                )


class VolumeView:
    """A view of a volume whose pages are read on demand.

    Args:
        source: source of the volume.
        row: number of the volume.
    """

    def __init__(self, source: VolumeSource, row: int) -> None:
        self._source, self._row = source, row
        self.shape = (*source.sizes[row], source.channels)

    def __getitem__(self, place: tuple[slice, ...]) -> np.ndarray:
        return self._source.part(self._row, place)


def read_stack(path: Path) -> Stack:
    """Read the shape and the dtype of the pages of a file, which decodes the first one.

    Args:
        path: the file.
    """
    with open_image(path) as image:
        first = _pixels(image, 0)
        return Stack((getattr(image, "n_frames", 1), *first.shape), first.dtype)


def _pixels(image: Image.Image, page: int) -> np.ndarray:
    """Return a page, `(height, width, channels)`."""
    if page:
        image.seek(page)
    pixels = np.asarray(image if image.mode in KEPT_MODES else image.convert("RGB"))
    if image.mode.startswith("I;16"):
        pixels = pixels.astype(np.uint16)
        # Pillow does not invert deep images in files where 0 is white.
        if isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC) == MIN_IS_WHITE:
            pixels = 65535 - pixels
    return pixels if pixels.ndim == VOLUMES else pixels[..., None]
