"""Reading and writing of images in TFRecord files.

A record consists of two concatenated `tf.train.Example` messages, a description of the image and its content, which
every parser reads as a single message. The descriptions can be read without the images.
"""

import contextlib
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_cae.datasets.image_data import SkippedFile
from keras_cae.datasets.image_file import ImageHeader
from keras_cae.wording import counted

SHARD_SUFFIX = ".tfrecord"
PLACEHOLDER = "{shard}"
"""The placeholder for the number of a shard in a pattern."""
NUMBERED = re.compile(r"(?P<number>\d{5})-of-(?P<count>\d{5})")
RAW = "raw"
"""The format of images that are stored as pixels."""
LENGTH, CHECK = 8, 4
"""The sizes in bytes of the length of a record and of a checksum. A TFRecord file stores, for each record, its length,
the checksum of the length, the content, and the checksum of the content."""
DESCRIPTION_BYTES = 4096
"""The number of bytes read from the start of a record. More are read if the description is longer."""


@dataclass(frozen=True)
class Record:
    """An image in a shard.

    Args:
        path: path of the shard.
        start: position of the content of the image in the shard.
        length: number of bytes of the content.
        name: name of the original file or example.
        number: index of the image among all packed images.
        format: format of the content: the suffix of the image file, or "raw".
        shape: `(*spatial, channels)`, where two channels are grey and alpha.
        dtype: dtype of the pixels.
        checksum: CRC-32 of the content.
    """

    path: Path
    start: int
    length: int
    name: str
    number: int
    format: str
    shape: tuple[int, ...]
    dtype: str
    checksum: int

    def __str__(self) -> str:
        return f"{self.path}: {self.name}"

    def content(self) -> bytes:
        """Read the content of the image.

        Raises:
            ValueError: the content does not match its checksum.
        """
        with self.path.open("rb") as file:
            file.seek(self.start)
            content = file.read(self.length)
        if zlib.crc32(content) != self.checksum:
            raise ValueError("the record is damaged: its checksum does not match")
        return content

    def pixels(self) -> np.ndarray:
        """Read an image that is stored as pixels."""
        return np.frombuffer(self.content(), self.dtype).reshape(self.shape)

    @contextlib.contextmanager
    def open(self) -> Iterator[Image.Image]:
        """Open an image that is stored as a file."""
        yield Image.open(io.BytesIO(self.content()))

    def header(self) -> ImageHeader:
        """Return the header of the image."""
        *size, channels = self.shape
        height, width = size
        return ImageHeader((height, width), channels <= 2, channels in (2, 4), self.dtype == "uint16")


def write_record(writer: Any, record: Record, content: bytes, last: bool) -> None:
    """Write a record.

    Args:
        writer: a `tf.io.TFRecordWriter`.
        record: the description of the image.
        content: the content of the image.
        last: whether it is the last record of the shard.
    """
    description = {
        "name": record.name,
        "number": [record.number],
        "format": record.format,
        "shape": record.shape,
        "dtype": record.dtype,
        "checksum": [record.checksum],
        "length": [len(content)],
        "last": [int(last)],
    }
    writer.write(_example(description) + _example({"image": content}))


def _example(values: dict[str, Any]) -> bytes:
    import tensorflow as tf

    features = {}
    for name, value in values.items():
        if isinstance(value, str | bytes):
            stored = value if isinstance(value, bytes) else value.encode()
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[stored]))
        else:
            features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=value))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def read_records(paths: Sequence[Path], skipped: list[SkippedFile]) -> list[Record]:
    """Return the records of shards in the order in which they were packed.

    Args:
        paths: the shards.
        skipped: list to which truncated and missing shards are added. Their complete records are used.

    Raises:
        ValueError: a file was not written by `pack`.
    """
    records: list[Record] = []
    for path in paths:
        found, problem = _records_of(path)
        records += found
        if problem:
            skipped.append(SkippedFile(str(path), problem))
    skipped += [SkippedFile(str(path), "this shard is missing") for path in _missing(paths)]
    return sorted(records, key=lambda record: record.number)


def _records_of(path: Path) -> tuple[list[Record], str]:
    """Return the complete records of a shard, and what is wrong with it, or an empty string."""
    records: list[Record] = []
    size = path.stat().st_size
    position, last = 0, False
    with path.open("rb") as file:
        while position + LENGTH + CHECK <= size:
            file.seek(position)
            start = file.read(LENGTH + CHECK + DESCRIPTION_BYTES)
            length = int.from_bytes(start[:LENGTH], "little")
            end = position + LENGTH + CHECK + length
            if end + CHECK > size:
                break
            try:
                record, last = _parse(path, file, position, start, end)
            # Other content raises all kinds of exceptions.
            except Exception as error:
                if not records:
                    raise ValueError(
                        f"{str(path)!r} was not written by keras_cae.datasets.pack. Read other TFRecord files with "
                        "tf.data.TFRecordDataset."
                    ) from error
                return records, f"damaged after {counted(len(records), 'complete records')}"
            records.append(record)
            position = end + CHECK
    return records, "" if last and position == size else f"truncated after {counted(len(records), 'complete records')}"


def _parse(path: Path, file: Any, position: int, start: bytes, end: int) -> tuple[Record, bool]:
    """Parse the description in a record, and return whether the record is the last one."""
    import tensorflow as tf

    begin = LENGTH + CHECK
    length, used = _varint(start, begin + 1)
    whole = used - begin + length
    if begin + whole > len(start):
        file.seek(position + begin)
        start, begin = file.read(whole), 0
    features = tf.train.Example.FromString(start[begin : begin + whole]).features.feature
    texts = {name: features[name].bytes_list.value[0].decode() for name in ("name", "format", "dtype")}
    numbers = {name: features[name].int64_list.value[0] for name in ("number", "checksum", "length", "last")}
    record = Record(
        path=path,
        start=end - numbers["length"],  # the record ends with the image
        length=numbers["length"],
        number=numbers["number"],
        checksum=numbers["checksum"],
        shape=tuple(features["shape"].int64_list.value),
        **texts,
    )
    return record, bool(numbers["last"])


def _varint(content: bytes, position: int) -> tuple[int, int]:
    """Decode a varint of protocol buffers, with seven bits per byte, and return its value and its end."""
    value = shift = 0
    while True:
        byte = content[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position


def _missing(paths: Sequence[Path]) -> list[Path]:
    """Return the shards that are missing, according to the numbers in the names of the others."""
    missing: set[Path] = set()
    for path in paths:
        match = NUMBERED.search(path.name)
        for number in range(int(match["count"]) if match else 0):
            missing.add(path.with_name(shard_name(path.name, number, match)))
    return sorted(missing - set(paths))


def shard_name(name: str, number: int, match: "re.Match[str] | None") -> str:
    """Return the name of a shard with another number."""
    assert match is not None
    return f"{name[: match.start('number')]}{number:05}{name[match.end('number') :]}"


def shard_paths(pattern: str, count: int) -> list[Path]:
    """Return the paths of all shards for a pattern such as "train-{shard}.tfrecord"."""
    return [Path(pattern.replace(PLACEHOLDER, f"{number:05}-of-{count:05}")) for number in range(count)]


def shards_of(pattern: str) -> list[Path]:
    """Return the existing shards for a pattern such as "train-{shard}.tfrecord"."""
    path = Path(pattern)
    if not path.parent.is_dir():
        return []
    before, after = map(re.escape, path.name.split(PLACEHOLDER))
    name = re.compile(f"{before}{NUMBERED.pattern}{after}")
    return sorted(each for each in path.parent.iterdir() if name.fullmatch(each.name) and each.is_file())
