"""Opening of the data that users pass as a source of images."""

import sys
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.array_file import ARRAY_SUFFIXES, map_array_file
from keras_cae.datasets.array_source import ArraySource
from keras_cae.datasets.folder import distinct_files, image_paths
from keras_cae.datasets.image_data import SkippedFile
from keras_cae.datasets.image_file import IMAGE_SUFFIXES, Picture
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.path_list import PathList
from keras_cae.datasets.picture_source import PictureSource
from keras_cae.datasets.record_source import RecordSource
from keras_cae.datasets.shards import PLACEHOLDER, RAW, SHARD_SUFFIX, read_records, shards_of
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.tiff import TiledTiff, pages_of
from keras_cae.datasets.volume_source import VOLUMES, VolumeSource
from keras_cae.kinds import KINDS

IMAGES = 2
EXPECTED = (
    "the path of a folder, of an .npy or .npz file or of shards (train-{shard}.tfrecord), a list of paths of images, "
    "or an array"
)


def open_source(
    data: Any,
    sizing: Sizing,
    channels: int | None,
    *,
    rank: int = IMAGES,
    key: str | None = None,
    own_sizes: bool = False,
    pages: bool = False,
) -> ImageSource:
    """Return a source that reads the images in `data` on demand.

    Args:
        data: as in `stream_images`.
        sizing: the rule for the images' size.
        channels: the number of channels to convert to, or None to keep that of the images.
        rank: the number of spatial axes.
        key: the name of the array in an `.npz` file.
        own_sizes: whether images in files keep their sizes.
        pages: whether each page of a TIFF file is an image.

    Raises:
        TypeError: `data` has an unsupported type.
        FileNotFoundError: there is no such file or folder.
        ValueError: there are no images, or none can be read.
    """
    if isinstance(data, np.ndarray):
        return ArraySource(data, "data", sizing, channels, rank)
    if isinstance(data, str | PathLike):
        path = Path(data).expanduser()
        if path.suffix.lower() in ARRAY_SUFFIXES and path.is_file():
            return _array_file(path, key, sizing, channels, rank)
    shards = find_shards(data)
    if shards:
        return _shards(shards, sizing, channels, rank, own_sizes)
    if rank not in (IMAGES, VOLUMES):
        raise ValueError(
            f"rank={rank} requires {KINDS[rank].noun} in an array or in an .npy or .npz file, got {data!r}."
        )
    root, paths = _files(data)
    pictures: Sequence[Picture] = paths
    if rank == VOLUMES:
        source: ImageSource = VolumeSource(paths, own_sizes=own_sizes)
    else:
        if pages:
            pictures = [page for path in paths for page in pages_of(path)]
        elif own_sizes:
            pictures = [TiledTiff.find(path) or path for path in paths]
        source = PictureSource(pictures, sizing, channels, own_sizes=own_sizes)
    files = (getattr(pictures[number], "path", pictures[number]) for number in source.kept)
    source.classes = [sys.intern(_class_name(file, root)) for file in files]
    return source


def find_shards(data: Any) -> list[Path]:
    """Return the shards in `data`: those of a pattern, a file, a list, or a folder without images."""
    if isinstance(data, list | tuple):
        named = [isinstance(path, str | PathLike) and str(path).endswith(SHARD_SUFFIX) for path in data]
        if any(named) and not all(named):
            raise ValueError(f"data must be paths of images or of {SHARD_SUFFIX} files, got a list with both.")
        paths = [Path(path).expanduser() for path in data] if any(named) else []
        return paths if all(path.exists() for path in paths) else []
    if not isinstance(data, str | PathLike):
        return []
    path = Path(data).expanduser()
    if path.name.count(PLACEHOLDER) == 1:
        return shards_of(str(path))
    if path.suffix == SHARD_SUFFIX:
        if path.is_file():
            return [path]
        return sorted(path.parent.glob(path.name)) if "*" in path.name else []
    if not path.is_dir() or next(image_paths(path), None) is not None:
        return []
    return sorted(shard for shard in path.glob(f"*{SHARD_SUFFIX}") if not shard.name.startswith((".", "unfinished-")))


def _shards(
    paths: Sequence[Path], sizing: Sizing, channels: int | None, rank: int, own_sizes: bool
) -> PictureSource | RecordSource:
    skipped: list[SkippedFile] = []
    records = read_records(paths, skipped)
    if not records:
        path, reason = skipped[0]
        raise ValueError(f"There are no complete images in the shards. The first is {path}: {reason}.")
    kinds = {(record.shape[-1], record.dtype) if record.format == RAW else "files" for record in records}
    if len(kinds) > 1 or len({len(record.shape) for record in records}) > 1:
        raise ValueError(
            f"The shards {str(paths[0])!r} and others were packed with different options. Read them separately."
        )
    if len(records[0].shape) != rank + 1:
        raise ValueError(
            f"The shards contain {KINDS[len(records[0].shape) - 1].noun}, got rank={rank}. Pass rank="
            f"{len(records[0].shape) - 1} (--rank {len(records[0].shape) - 1})."
        )
    made = PictureSource if kinds == {"files"} else RecordSource
    source: PictureSource | RecordSource = made(records, sizing, channels, own_sizes=own_sizes)
    source.skipped[:0] = skipped
    source.members = [records[number].name for number in source.kept]
    source.classes = [Path(name).parent.as_posix() for name in source.members]
    return source


def _array_file(path: Path, key: str | None, sizing: Sizing, channels: int | None, rank: int) -> ImageSource:
    images, *more = (
        ArraySource(array, path.name, sizing, channels, rank, path) for array in map_array_file(path, key, rank)
    )
    if more:
        images.test = more[0]
    return images


def _files(data: Any) -> tuple[Path | None, Sequence[Path]]:
    """Return the folder, or None for a list, and the files."""
    if isinstance(data, str | PathLike):
        folder = Path(data).expanduser()
        if not folder.exists():
            raise FileNotFoundError(f"data must be {EXPECTED}, got {str(data)!r}, which does not exist.")
        if not folder.is_dir():
            raise ValueError(f"data must be {EXPECTED}, got the file {str(data)!r}. Pass [path] for a single image.")
        distinct, _ = distinct_files(image_paths(folder))
        if not distinct:
            raise ValueError(
                f"There are no images in the folder {str(folder)!r}: no visible file in it or in its subfolders ends "
                f"in {', '.join(IMAGE_SUFFIXES)}."
            )
        return folder, distinct
    if not isinstance(data, list | tuple) or not all(isinstance(path, str | PathLike) for path in data):
        raise TypeError(f"data must be {EXPECTED}, got {type(data).__name__}.")
    if not data:
        raise ValueError("data must contain at least one path, got an empty list.")
    paths = [Path(path).expanduser() for path in data]
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise FileNotFoundError(f"data must be files that exist, got {str(missing)!r}, which does not.")
    return None, PathList(paths)


def _class_name(path: Path, root: Path | None) -> str:
    return path.parent.name if root is None else path.parent.relative_to(root).as_posix()
