"""Packing of images into a few large files, for network disks and clusters."""

import zlib
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_cae.datasets.channels import check_channels
from keras_cae.datasets.decoding import in_order
from keras_cae.datasets.image_data import SkippedFile
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.open_source import IMAGES, open_source
from keras_cae.datasets.shards import PLACEHOLDER, RAW, SHARD_SUFFIX, Record, shard_paths, shards_of, write_record
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.stream_images import check_image_options
from keras_cae.files import write_atomically
from keras_cae.kinds import KINDS
from keras_cae.validation import boolean, one_of, positive_int


class PackedImages(NamedTuple):
    """The result of `pack`: the paths of the shards, the number of images, and the files that were skipped."""

    paths: tuple[str, ...]
    images: int
    skipped: tuple[SkippedFile, ...]


def pack(
    data: Any,
    path: Any,
    *,
    shards: int = 8,
    image_size: Any = None,
    resize: str = "stretch",
    channels: int | None = None,
    key: str | None = None,
    rank: int = IMAGES,
    pages: bool = False,
    overwrite: bool = False,
) -> PackedImages:
    """Write images to shards, TFRecord files with about equally many images, which `stream_images` reads.

    Image files are stored unchanged, so that `stream_images` returns the same pixels from the shards as from the
    folder. With `image_size` or `channels`, and for arrays, pixels are stored instead, which takes more space but no
    decoding: training from such shards is fastest. Each record contains the size, the dtype, the file name and a
    checksum. Files that can't be decoded are skipped.

    A shard gets its final name only when it is complete.

    Args:
        data: as in `stream_images`.
        path: the pattern of the paths, with `{shard}` for the number, such as "photos/train-{shard}.tfrecord".
            Missing folders are created.
        shards: the number of files. Use at least as many as there are workers.
        image_size: the size to which all images are resized. By default, each image keeps its size.
        resize: "stretch", "crop" or "pad", as in `load_images`.
        channels: 1 (grey), 3 (colour) or 4 (colour and alpha); by default that of the images.
        key: the name of the array in an `.npz` file, as in `load_images`.
        rank: the number of spatial axes.
        pages: whether each page of a TIFF file is a separate image, as in `stream_images`.
        overwrite: whether to replace existing shards with this pattern.

    Returns:
        `PackedImages`: the paths of the shards, the number of images, and the files that were skipped.

    Raises:
        TypeError: `data` has an unsupported type.
        FileNotFoundError: there is no such folder or file.
        FileExistsError: there are already shards with this pattern.
        ValueError: an argument is invalid, or no image can be read.
        DiskFullError: the disk is full.

    Example:

    >>> images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype="uint8")
    >>> packed = keras_cae.datasets.pack(images, "train-{shard}.tfrecord", shards=2)
    >>> packed.paths
    ('train-00000-of-00002.tfrecord', 'train-00001-of-00002.tfrecord')
    >>> stream = keras_cae.datasets.stream_images("train-{shard}.tfrecord", shuffle=False)
    >>> bool((next(iter(stream)) == images).numpy().all())
    True
    """
    pattern = _pattern(path)
    positive_int(shards, "shards")
    sizing = Sizing(image_size, resize, None)
    check_channels(channels)
    one_of(rank, "rank", tuple(KINDS))
    if rank != IMAGES:
        check_image_options(rank, image_size=image_size, channels=channels)
    boolean(pages, "pages")
    boolean(overwrite, "overwrite")
    before = shards_of(pattern)
    if before and not overwrite:
        raise FileExistsError(
            f"There are already shards with the pattern {pattern!r}, such as {str(before[0])!r}. Choose another "
            "pattern, or replace them with overwrite=True (--overwrite)."
        )
    source = open_source(data, sizing, channels, rank=rank, key=key, own_sizes=True, pages=pages)
    packer = _Packer(source, data, encoded=image_size is None and channels is None and not pages)
    paths = shard_paths(pattern, min(shards, len(source)))
    for number, shard in enumerate(paths):
        packer.write(shard, range(number, len(source), len(paths)))
    for old in before:
        if old not in paths:
            old.unlink(missing_ok=True)
    written = tuple(str(shard) for shard in paths if shard in packer.written)
    if not written:
        raise source.failure()
    return PackedImages(written, packer.images, tuple(source.skipped))


class _Packer:
    """Writes the images of a source to shards.

    Args:
        source: source of the images.
        data: the data that the user passed, to which names are relative.
        encoded: whether image files are stored unchanged.
    """

    def __init__(self, source: ImageSource, data: Any, encoded: bool) -> None:
        self.source, self.encoded = source, encoded
        self.root = Path(data).expanduser() if isinstance(data, str | PathLike) else None
        self.written: list[Path] = []
        self.images = 0

    def write(self, path: Path, rows: Sequence[int]) -> None:
        """Write a shard, unless none of its images can be read."""
        import tensorflow as tf

        images = self._images(path, rows)
        first = next(images, None)
        if first is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(path) as unfinished, tf.io.TFRecordWriter(str(unfinished)) as writer:
            record, content = first
            for following in images:
                write_record(writer, record, content, last=False)
                record, content = following
                self.images += 1
            write_record(writer, record, content, last=True)
            self.images += 1
        self.written.append(path)

    def _images(self, path: Path, rows: Sequence[int]) -> Iterator[tuple[Record, bytes]]:
        def image(number: int) -> tuple[Record, bytes] | None:
            return self.source.attempt(lambda row: self._image(path, row), rows[number])

        yield from (each for each in in_order(image, len(rows)) if each is not None)

    def _image(self, path: Path, row: int) -> tuple[Record, bytes]:
        pixels = np.ascontiguousarray(self.source.read(row))
        stored = self.source.stored(row) if self.encoded else None
        if stored is None:
            content, form, shape, dtype = pixels.tobytes(), RAW, pixels.shape, pixels.dtype.name
        else:
            content, form, shape, dtype = stored
        name = self._name(self.source.names[row])
        record = Record(path, 0, len(content), name, row, form, shape, dtype, zlib.crc32(content))
        return record, content

    def _name(self, name: str) -> str:
        if self.root is not None and self.root.is_dir():
            return Path(name).relative_to(self.root).as_posix() if Path(name).is_relative_to(self.root) else name
        return name


def _pattern(path: Any) -> str:
    if (
        not isinstance(path, str | PathLike)
        or not str(path).endswith(SHARD_SUFFIX)
        or str(path).count(PLACEHOLDER) != 1
    ):
        raise ValueError(
            f"path must end in {SHARD_SUFFIX} and contain {PLACEHOLDER} once, for the number of the shard, such as "
            f"'train-{PLACEHOLDER}{SHARD_SUFFIX}', got {path!r}."
        )
    if PLACEHOLDER not in Path(path).name:
        raise ValueError(f"path must contain {PLACEHOLDER} in the name of the file, not of a folder, got {path!r}.")
    return str(Path(path).expanduser())
