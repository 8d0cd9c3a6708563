"""Data for the command-line program: in memory, or streamed if they are too large."""

import hashlib
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_cae.datasets.decoding import in_order
from keras_cae.datasets.image_data import ImageData, SkippedFile
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.image_stream import ImageStream
from keras_cae.datasets.load_images import DATASETS, load_images
from keras_cae.datasets.memory import COPIES, available_memory
from keras_cae.datasets.open_source import IMAGES, find_shards, open_source
from keras_cae.datasets.shards import PLACEHOLDER
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.split import split_images
from keras_cae.datasets.stream_dataset import Streaming

SHARE = 0.5
"""The fraction of the available memory above which images are streamed."""


class StreamedImages:
    """Images that are read on demand, with the shape, the length and the slices of an array.

    Args:
        source: source of the images.
        rows: rows of the images to use.
    """

    def __init__(self, source: ImageSource, rows: np.ndarray) -> None:
        self.source, self.rows = source, rows
        self.shape: tuple[int, ...] = (len(rows), *source.sizes[0], source.channels)
        self.dtype = source.dtype
        self.ndim = len(self.shape)
        self._stream = ImageStream(source, rows, 1, shuffle=False, seed=0)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> np.ndarray:
        places = np.arange(len(self))[index]
        if np.ndim(places) == 0:
            return self._stream.image(int(places))
        if not len(places):
            return np.empty((0, *self.shape[1:]), self.dtype)
        return np.stack(list(in_order(lambda number: self._stream.image(int(places[number])), len(places))))

    def __iter__(self) -> Iterator[np.ndarray]:
        return map(self._stream.image, range(len(self)))

    def batches(self, batch_size: int, *, shuffle: bool = False, seed: int = 0) -> Any:
        """Return a `tf.data.Dataset` of batches.

        Args:
            batch_size: images per batch.
            shuffle: whether the order changes every epoch.
            seed: seed of the order.
        """
        return Streaming(self.source, self.rows, batch_size, shuffle, seed).dataset()

    def identity(self) -> bytes:
        """Return a hash of the names, sizes and modification times of the files, which identifies the images."""
        files = self.source.fingerprint_of_files()
        digest = hashlib.sha256(f"{self.source.settings} {self.dtype} {self.shape} {files} ".encode())
        digest.update(self.rows.astype("<i8").tobytes())
        return digest.digest()


class StreamedSplit(NamedTuple):
    """Three parts of different images."""

    train: StreamedImages
    validation: StreamedImages
    test: StreamedImages


class StreamedData:
    """The counterpart of `ImageData` for images that are not in memory.

    Args:
        source: source of the images.
        name: short name of the data, valid as a file name.
    """

    def __init__(self, source: ImageSource, name: str) -> None:
        self.source, self.name = source, name
        self.images = StreamedImages(source, np.arange(len(source)))
        self.test_images = None if source.test is None else StreamedImages(source.test, np.arange(len(source.test)))
        self.notes = source.notes

    @property
    def skipped(self) -> tuple[SkippedFile, ...]:
        """The files that could not be read so far."""
        return tuple(self.source.skipped)

    @property
    def files(self) -> int:
        """The number of files."""
        return len(self.source.files)

    def split(self, validation: float = 0.1, test: float = 0.2, seed: int = 0) -> StreamedSplit:
        """Split the images into the same three parts as `ImageData.split`."""
        apart = self.test_images
        rows = split_images(self.images.rows, None if apart is None else apart.rows, validation, test, seed)
        testing = StreamedImages(self.source, rows.test) if apart is None else apart
        return StreamedSplit(
            StreamedImages(self.source, rows.train), StreamedImages(self.source, rows.validation), testing
        )


def load_or_stream(
    data: Any,
    *,
    stream: bool | None = None,
    image_size: Any = None,
    resize: str = "stretch",
    channels: int | None = None,
    key: str | None = None,
    max_side: int | None = None,
    rank: int = IMAGES,
    name: str | None = None,
) -> ImageData | StreamedData:
    """Load images like `load_images`, or stream them if they do not fit into half of the available memory.

    Args:
        data: as in `load_images`; also shards, which are always streamed.
        stream: whether to stream, or None to decide by the available memory.
        image_size: as in `load_images`.
        resize: as in `load_images`.
        channels: as in `load_images`.
        key: as in `load_images`.
        max_side: as in `load_images`.
        rank: as in `load_images`.
        name: name of the data; by default that of the file or folder.

    Raises:
        OSError, ValueError, TypeError: as `load_images`.
    """
    shards = bool(find_shards(data))
    if shards and stream is False:
        raise ValueError(f"--no-stream is not supported for shards, got {data!r}. Omit it.")
    if stream is not False and (shards or _is_in_files(data)):
        sizing = Sizing(image_size, resize, max_side)
        source = _opened(data, sizing, channels, rank, key, bool(stream) or shards)
        if source is not None and (stream or shards or not _fits(source)):
            return StreamedData(source, name or _name(data))
    elif stream:
        raise ValueError(
            f"--stream is only supported for folders, .npy and .npz files, and shards, got {data!r}. Omit it."
        )
    return load_images(data, image_size, resize, channels, key, max_side, rank=rank)


def _is_in_files(data: Any) -> bool:
    if not isinstance(data, str | PathLike) or data in DATASETS:
        return False
    return Path(data).expanduser().exists()


def _opened(
    data: Any, sizing: Sizing, channels: int | None, rank: int, key: str | None, wanted: bool
) -> ImageSource | None:
    """Return the source, or None if it can't be opened and `load_images` will raise a better error."""
    try:
        return open_source(data, sizing, channels, rank=rank, key=key)
    except ValueError:
        if wanted:
            raise
        return None


def _fits(source: ImageSource) -> bool:
    available = available_memory()
    count = len(source) + (0 if source.test is None else len(source.test))
    return available is None or COPIES * count * image_bytes(source) <= SHARE * available


def image_bytes(source: ImageSource) -> int:
    """Return the number of bytes of the first image's pixels."""
    return int(np.prod(source.sizes[0])) * source.channels * source.dtype.itemsize


def _name(data: Any) -> str:
    path = Path(data).expanduser()
    stem = path.resolve().name if path.is_dir() else path.stem
    return stem.replace(PLACEHOLDER, "").replace("*", "").strip("-_.") or "images"
