"""Images in a folder."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from keras_cae.datasets.decoding import in_order
from keras_cae.datasets.image_data import ImageData, SkippedFile, unreadable
from keras_cae.datasets.image_file import (
    IMAGE_SUFFIXES,
    ImageHeader,
    Layout,
    failure_reason,
    read_header,
    read_pixels,
)
from keras_cae.datasets.memory import check_memory
from keras_cae.datasets.path_list import PathList
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.standard_images import integer_conversion
from keras_cae.wording import counted

Given = TypeVar("Given")
Result = TypeVar("Result")


def load_folder(folder: Path, sizing: Sizing) -> ImageData:
    """Return the images in a folder and its subfolders, sorted by path.

    Args:
        folder: the folder.
        sizing: the rule for the images' size.

    Raises:
        ValueError: there are no images, none can be read, or they would not fit into memory.
    """
    skipped: list[SkippedFile] = []
    files, repeated = distinct_files(image_paths(folder))
    if not files:
        raise ValueError(
            f"There are no images in the folder {str(folder)!r}: no visible file in it or in its subfolders ends in "
            f"{', '.join(IMAGE_SUFFIXES)}."
        )
    paths, headers = each_file(read_header, files, skipped)
    notes: list[str] = []
    if headers:
        layout = common_layout(headers, sizing)
        images, paths = _decode(paths, layout, sizing, skipped)
    if not headers or not len(images):
        raise unreadable(skipped, f" in the folder {str(folder)!r}")
    images = _without_opaque_alpha(images, grey=all(header.grey for header in headers))
    convert = integer_conversion(images.dtype, int(images.min()), int(images.max()), str(folder), notes)
    resized = any(header.size != layout.size for header in headers)
    if resized and len(notes):
        # Images that need a conversion are converted before they are resized, as arrays are.
        layout = layout._replace(channels=images.shape[-1])
        images, paths = _decode(paths, layout, sizing, [], convert)
    else:
        images = convert(images)
    notes = [*sizing.notes(header.size for header in headers), *_left_out_notes(headers, repeated), *notes]
    labels = tuple(path.parent.relative_to(folder).as_posix() for path in paths)
    return ImageData(images, _name(folder), skipped=tuple(sorted(skipped)), notes=tuple(notes), labels=labels)


def image_paths(folder: Path) -> Iterator[Path]:
    """Yield the visible image files in a folder and its subfolders. Links are followed, but never in circles."""
    visited = set()
    for root, folders, files in os.walk(folder, followlinks=True, onerror=_raise):
        real = os.path.realpath(root)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES):
                yield Path(root, name)


def distinct_files(paths: Iterable[Path]) -> tuple[PathList, int]:
    """Return the files without duplicates that links cause, and the number of duplicates."""
    visited: dict[int | None, set[Any]] = defaultdict(set)
    distinct: list[str] = []
    repeated = 0
    for path in paths:
        device, identity = _identity(path)
        if identity in visited[device]:
            repeated += 1
        else:
            visited[device].add(identity)
            distinct.append(str(path))
    return PathList(distinct), repeated


def _identity(path: Path) -> tuple[int | None, Any]:
    """Return the device and the number of a file, which are the same for all links to it."""
    try:
        status = path.stat()
    except OSError:  # reading the file raises a better error
        return None, path
    return status.st_dev, status.st_ino


def _left_out_notes(headers: Sequence[ImageHeader], repeated: int) -> list[str]:
    """Return notes on links and channels that were left out."""
    notes = []
    if repeated:
        what = "link to an image that is" if repeated == 1 else "links to images that are"
        notes.append(f"Skipped {repeated:,} {what} already in the folder.")
    more = sum(header.dropped > 0 for header in headers)
    if more:
        notes.append(
            f"{counted(more, 'images')} had further channels besides grey, colour and alpha, which were dropped. To "
            "train on all channels, store the images as an array in an .npy file."
        )
    return notes


def _raise(error: OSError) -> None:
    raise error


def each_file(
    function: Callable[[Given], Result],
    paths: Sequence[Given],
    skipped: list[SkippedFile],
    name: Callable[[Given], Any] = str,
) -> tuple[list[Given], list[Result]]:
    """Apply a function to files on several threads. Files for which it fails are recorded as skipped.

    Args:
        function: function of a file.
        paths: the files.
        skipped: list to which the files that fail are added.
        name: function that returns the name of a file in messages.

    Returns:
        The files for which it succeeded, and its results.
    """

    def attempt(path: Given) -> Result | SkippedFile:
        try:
            return function(path)
        # Decoders of damaged files raise all kinds of exceptions.
        except Exception as error:
            return SkippedFile(str(name(path)), failure_reason(error))

    done: list[Given] = []
    results: list[Result] = []
    outcomes = in_order(lambda number: attempt(paths[number]), len(paths))
    for path, result in zip(paths, outcomes, strict=True):
        if isinstance(result, SkippedFile):
            skipped.append(result)
        else:
            done.append(path)
            results.append(result)
    return done, results


def common_layout(headers: Iterable[ImageHeader], sizing: Sizing) -> Layout:
    """Return the size, the channels and the dtype to which images with these headers are decoded.

    Args:
        headers: headers of the images.
        sizing: the rule for their size.
    """
    headers = list(headers)
    size = sizing.target(header.size for header in headers)
    if any(header.alpha for header in headers):
        return Layout(size, 4, np.uint8)
    if not all(header.grey for header in headers):
        return Layout(size, 3, np.uint8)
    return Layout(size, 1, np.uint16 if all(header.deep for header in headers) else np.uint8)


def _decode(
    paths: Sequence[Path],
    layout: Layout,
    sizing: Sizing,
    skipped: list[SkippedFile],
    convert: Callable[[np.ndarray], np.ndarray] | None = None,
) -> tuple[np.ndarray, list[Path]]:
    """Return the images, and the files that could be decoded."""
    shape = (len(paths), *layout.size, layout.channels)
    check_memory(shape, layout.dtype)
    images = np.empty(shape, layout.dtype if convert is None else convert(np.empty(0, layout.dtype)).dtype)
    rows = {path: row for row, path in enumerate(paths)}

    def decode(path: Path) -> int:
        images[rows[path]] = read_pixels(path, layout, sizing, convert)
        return rows[path]

    files, decoded = each_file(decode, paths, skipped)
    return images if len(decoded) == len(paths) else images[decoded], files


def _without_opaque_alpha(images: np.ndarray, grey: bool) -> np.ndarray:
    """Return the images without the alpha channel if no pixel is transparent; grey ones with a single channel."""
    if images.shape[-1] != 4 or (images[..., 3] < 255).any():
        return images
    return images[..., : 1 if grey else 3].copy()


def _name(folder: Path) -> str:
    return folder.resolve().name or "images"
