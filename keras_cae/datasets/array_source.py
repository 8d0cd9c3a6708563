"""Images, signals or volumes from arrays, which may be memory-mapped files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.channels import with_channels
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.standard_images import conversion, with_all_axes
from keras_cae.kinds import KINDS

CHUNK_BYTES = 2**26
"""The size of the parts in which an array is searched for its extremes."""


class ArraySource(ImageSource):
    """The examples in an array, with the dtype that `load_images` gives them.

    Args:
        array: `(n, *spatial, channels)` or `(n, *spatial)`; a memory map is not read into memory.
        source: name of the array in messages.
        sizing: the rule for the images' size.
        channels: the number of channels to convert to, or None to keep that of the images.
        rank: the number of spatial axes.
        file: file that contains the array, or None.

    Raises:
        ValueError: the array does not contain images, or their scale is unknown.
    """

    def __init__(
        self,
        array: np.ndarray,
        source: str,
        sizing: Sizing,
        channels: int | None,
        rank: int,
        file: Path | None = None,
    ) -> None:
        super().__init__()
        self._array = with_all_axes(array, source, rank, [])
        low, high = extremes(self._array)
        convert = conversion(self._array.dtype, low, high, source, KINDS[rank], [])

        def convert_with_channels(images: np.ndarray) -> np.ndarray:
            images = convert(np.asarray(images))
            return images if channels is None else with_channels(images[None], channels)[0]

        self._convert, self._convert_with_channels = convert, convert_with_channels
        self._sizing = sizing
        stored = self._array.shape[1:-1]
        self._size: Any = tuple(sizing.target([stored])) if rank == 2 else stored
        self.notes = sizing.notes([stored]) if rank == 2 else ()
        self._same_size = self._size == stored
        self._channels = channels
        count = len(self._array)
        self.names = _Numbered(source, count)
        self.kept = np.arange(count)
        self.sizes = [self._size] * count
        self.files = [] if file is None else [str(file)]
        self.settings = f"{source} {sizing.image_size} {sizing.resize} {channels} {rank}"
        example = self.read(0)
        self.channels, self.dtype = example.shape[-1], example.dtype

    def read(self, row: int) -> np.ndarray:
        if self._same_size:
            return self._convert_with_channels(self._array[row])
        # Convert the dtype, the size and the channels in the same order as `load_images`.
        image = self._sizing.apply(self._convert(np.asarray(self._array[row])), self._size)
        return image if self._channels is None else with_channels(image[None], self._channels)[0]

    def view(self, row: int) -> Any:
        return ConvertedView(self._array[row], self._convert_with_channels) if self._same_size else self.read(row)


class ConvertedView:
    """An image that is read and converted in parts, on demand.

    Args:
        stored: the stored image.
        convert: the function that converts parts of it.
    """

    def __init__(self, stored: Any, convert: Callable[[np.ndarray], np.ndarray]) -> None:
        self._stored, self._convert = stored, convert
        self.shape = stored.shape

    def __getitem__(self, part: Any) -> np.ndarray:
        return self._convert(self._stored[part])


class _Numbered(Sequence[str]):
    """The names of the examples in an array, such as "data[3]"."""

    def __init__(self, source: str, count: int) -> None:
        self._source, self._count = source, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(self._count))]
        return f"{self._source}[{range(self._count)[number]}]"


def is_type_decided(dtype: np.dtype, high: Any) -> bool:
    """Return whether the highest value so far determines the dtype of the images, whatever values follow.

    Args:
        dtype: the dtype in which they are stored.
        high: the highest value so far.
    """
    return dtype.kind == "b" or (dtype.name == "uint8" and high > 1) or (dtype.name == "uint16" and high > 255)


def extremes(array: np.ndarray) -> tuple[Any, Any]:
    """Return the lowest and the highest value of an array. The search ends once they determine the dtype of the images.

    Args:
        array: `(n, …)`, which is read in parts.
    """
    step = max(1, CHUNK_BYTES // max(1, array[:1].nbytes))
    low, high = array[:1].min(), array[:1].max()
    for start in range(0, len(array), step):
        if is_type_decided(array.dtype, high):
            break
        part = array[start : start + step]
        # Unlike Python's min and max, these propagate NaN.
        low, high = np.minimum(low, part.min()), np.maximum(high, part.max())
    return low, high
