"""Images, signals and volumes in .npy and .npz files."""

import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy_format

from keras_cae.archives import DAMAGED
from keras_cae.datasets.image_data import ImageData
from keras_cae.datasets.memory import check_memory
from keras_cae.datasets.standard_images import standard_images
from keras_cae.kinds import KINDS

ARRAY_SUFFIXES = (".npy", ".npz")
KNOWN_KEYS = ("images", "x", "data")
LENGTHS_IN_ZIP = 26
"""The offset in a ZIP file header of the lengths of the member's name and extra field."""


class Header(NamedTuple):
    """The shape and the dtype of a stored array, which are known before it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def may_be(self, rank: int) -> bool:
        """Return whether the shape and the dtype are those of examples with this number of spatial axes."""
        return len(self.shape) in (rank + 1, rank + 2) and self.dtype.kind in "buif"

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"


def load_array_file(path: Path, key: str | None = None, rank: int = 2) -> ImageData:
    """Return the images of an `.npy` or `.npz` file. Pickled objects are refused, never loaded.

    Args:
        path: the file.
        key: the name of the array in an `.npz` file; `load_images` describes the default.
        rank: the number of spatial axes.

    Raises:
        ValueError: the file can't be read, contains no images or does not fit into memory, or it is unclear
            which array to use.
    """
    headers = _headers(path, key, rank)
    for header in headers.values():
        _check_memory(header, rank)
    keys = tuple(headers)
    arrays = _read(lambda path: _arrays(path, keys), path)
    images, notes = standard_images(arrays, path.name, rank)
    return ImageData(images[0], path.stem, images[1] if len(images) > 1 else None, notes=notes)


def map_array_file(path: Path, key: str | None = None, rank: int = 2) -> list[np.ndarray]:
    """Return the arrays of images in an `.npy` or `.npz` file as memory maps.

    Compressed arrays in an `.npz` file are read into memory.

    Args:
        path: the file.
        key: the name of the array in an `.npz` file; `load_images` describes the default.
        rank: the number of spatial axes.

    Returns:
        The images and, if there are any, the test images.

    Raises:
        ValueError: as `load_array_file`.
    """
    headers = _headers(path, key, rank)
    if path.suffix.lower() == ".npy":
        return [_read(lambda path: np.load(path, mmap_mode="r", allow_pickle=False), path)]
    return [_read(partial(_mapped_member, name=name, header=headers[name], rank=rank), path) for name in headers]


def _headers(path: Path, key: str | None, rank: int) -> dict[str, Header]:
    """Return the headers of the arrays of images by their names."""
    archive = path.suffix.lower() == ".npz"
    headers = _read(_archive_headers if archive else _file_header, path)
    keys = _chosen_keys(headers, key, path.name, rank) if archive else tuple(headers)
    for name in keys:
        _check_numbers(headers[name], path.name)
    return {name: headers[name] for name in keys}


def _mapped_member(path: Path, name: str, header: Header, rank: int) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{name}.npy")
    if member.compress_type != zipfile.ZIP_STORED:
        _check_memory(header, rank)
        return _arrays(path, (name,))[0]
    with path.open("rb") as file:
        file.seek(member.header_offset + LENGTHS_IN_ZIP)
        file.seek(sum(struct.unpack("<HH", file.read(4))), 1)
        version = npy_format.read_magic(file)
        read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        shape, columns_first, dtype = read(file)
        return np.memmap(path, dtype, "r", file.tell(), shape, "F" if columns_first else "C")


def _read(function: Callable[[Path], Any], path: Path) -> Any:
    """Apply a function that reads the file, and raise an understandable error if the file is damaged."""
    try:
        return function(path)
    except DAMAGED as error:
        raise ValueError(
            f"{path.name} can't be read: it is damaged or not an {path.suffix.lower()} file ({error}). "
            f"Save it again with {'np.savez' if path.suffix.lower() == '.npz' else 'np.save'}."
        ) from error


def _file_header(path: Path) -> dict[str, Header]:
    with path.open("rb") as file:
        return {"": _header(file)}


def _archive_headers(path: Path) -> dict[str, Header]:
    headers = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith(".npy"):
                with archive.open(member) as file:
                    headers[member.removesuffix(".npy")] = _header(file)
    return headers


def _header(file: IO[bytes]) -> Header:
    version = npy_format.read_magic(file)
    # Versions 2 and 3 differ only in how the field names of structured types are encoded.
    read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    shape, _, dtype = read(file)
    return Header(shape, dtype)


def _arrays(path: Path, keys: tuple[str, ...]) -> list[np.ndarray]:
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return [loaded]
    with loaded:
        return [loaded[key] for key in keys]


def _chosen_keys(headers: dict[str, Header], key: str | None, source: str, rank: int) -> tuple[str, ...]:
    """Return the name of the array of images and, if there is one, that of the test images."""
    listing = ", ".join(f"{name!r}: {header}" for name, header in headers.items()) or "nothing"
    if key is not None:
        if key not in headers:
            raise ValueError(f"{source} has no array {key!r}; it contains {listing}.")
        return (key,)
    candidates = [name for name, header in headers.items() if header.may_be(rank)]
    if "x_train" in candidates:
        return ("x_train", "x_test") if "x_test" in candidates else ("x_train",)
    known = [name for name in KNOWN_KEYS if name in candidates]
    if known or len(candidates) == 1:
        return ((known or candidates)[0],)
    kind = KINDS[rank]
    missing = f"no array of {kind.noun} of shape {kind.shape} or {kind.shape_without_channels}"
    problem = f"several arrays that may be {kind.noun}" if candidates else missing
    remedy = " Choose one with key= (--key)." if candidates else ""
    raise ValueError(f"{source} contains {problem}: {listing}.{remedy}")


def _check_numbers(header: Header, source: str) -> None:
    if header.dtype.hasobject:
        raise ValueError(
            f"{source} contains Python objects, which are not loaded because they could run code. Store images of "
            "the same size as numbers: np.stack(images).astype('uint8')."
        )


def _check_memory(header: Header, rank: int) -> None:
    if header.may_be(rank):
        shape = header.shape if len(header.shape) == rank + 2 else (*header.shape, 1)
        check_memory(shape, header.dtype)
