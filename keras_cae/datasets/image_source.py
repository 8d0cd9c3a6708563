"""The base of the sources of images, from which streams read one image at a time."""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.image_data import SkippedFile
from keras_cae.datasets.image_file import failure_reason
from keras_cae.files import DiskFullError
from keras_cae.validation import LARGEST_INT


class ImageSource(ABC):
    """Numbered images, which are read on demand.

    A subclass sets the attributes and implements `read`, and `view` if parts of an image can be read.

    Attributes:
        names: what each image is called: the path of its file, or its place in an array.
        kept: for each image, its number in what the user gave.
        sizes: `(*spatial)` of each image, as it is read.
        channels: channels of all images.
        dtype: type of all images.
        files: the files that they come from, for caches.
        skipped: the files that could not be read.
        settings: what, apart from the files, decides on the pixels, in words.
        classes: the name of the folder that each image is in, or None.
        members: the name of each image before it was packed, or None.
        notes: sentences on what was done to them, for a person to read.
        partners: the names of the targets of the images, or None.
        test: the images that the data themselves set apart, or None.
    """

    names: Sequence[str]
    kept: np.ndarray
    sizes: Sequence[tuple[int, ...]]
    channels: int
    dtype: np.dtype
    files: Sequence[Path] = ()
    settings: str = ""
    classes: Sequence[str] | None = None
    members: Sequence[str] | None = None
    notes: tuple[str, ...] = ()
    partners: Sequence[str] | None = None
    test: "ImageSource | None" = None

    def __init__(self) -> None:
        self.skipped: list[SkippedFile] = []
        self._noted: set[str] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def read(self, row: int) -> np.ndarray:
        """Return an image, `(*spatial, channels)`."""

    def view(self, row: int) -> Any:
        """Return an image, or what returns parts of it when it is sliced and has its `shape`."""
        return self.read(row)

    def stored(self, row: int) -> tuple[bytes, str, tuple[int, ...], str] | None:
        """Return an image as it is stored, with the format, the shape and the type of its pixels.

        None for one that is not a file of its own.
        """
        return None

    def read_all(self, row: int) -> tuple[np.ndarray, ...]:
        """Return what belongs together: one image, or more."""
        return (self.read(row),)

    def view_all(self, row: int) -> tuple[Any, ...]:
        """Return views of what belongs together."""
        return (self.view(row),)

    def finish(self) -> None:  # noqa: B027
        """Do what is needed at the end of an epoch; by default nothing."""

    @property
    def shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """The shape of each of what belongs together; None where images differ in size."""
        first = self.sizes[0]
        size = first if all(size == first for size in self.sizes) else (None,) * len(first)
        return ((*size, self.channels),)

    @property
    def dtypes(self) -> tuple[np.dtype, ...]:
        """The type of each of what belongs together."""
        return (self.dtype,)

    def status_of_files(self) -> list[tuple[str, int, int]]:
        """Return the path, the size and the time of change of each file."""
        return [(os.path.abspath(file), file.stat().st_size, file.stat().st_mtime_ns) for file in self.files]

    def attempt(self, function: Callable[[int], Any], row: int) -> Any:
        """Apply a function to an image; None and a note of its file if it is damaged."""
        try:
            return function(row)
        except DiskFullError:  # of a cache, not of the file
            raise
        # A decoder that meets a damaged file may raise anything.
        except Exception as error:
            self.note(self.names[row], failure_reason(error))
            return None

    def note(self, name: str, reason: str) -> None:
        """Note a file that could not be read, once."""
        made = SkippedFile(name, reason)
        # Nothing in here collects garbage, which may take long.
        with self._lock:
            if name not in self._noted:
                self._noted.add(name)
                self.skipped.append(made)

    def failure(self) -> ValueError:
        """Return the error for images of which none can be read."""
        path, reason = self.skipped[0]
        return ValueError(f"None of the {len(self)} images can be read; the first is {path}: {reason}.")

    def large_enough(self, size: tuple[int, ...]) -> np.ndarray:
        """Return the rows of the images that patches of a size can be cut from; the others are noted as skipped.

        Raises:
            ValueError: there are none.
        """
        if len(size) != len(self.sizes[0]):
            raise ValueError(f"patches must have {len(self.sizes[0])} sides, as the images have, got {size}.")
        rows = [row for row, sides in enumerate(self.sizes) if all(a >= b for a, b in zip(sides, size, strict=True))]
        if not rows:
            largest = max(self.sizes, key=lambda sides: (min(sides), sides))
            raise ValueError(
                f"patches of {by(size)} are larger than every image, of which the largest has {by(largest)}: choose "
                "smaller patches."
            )
        for row in sorted(set(range(len(self))) - set(rows)):
            self.note(self.names[row], f"smaller than the patches of {by(size)}: {by(self.sizes[row])}")
        return np.array(rows)


def by(size: Sequence[int]) -> str:
    """Return a size in words."""
    return "×".join(map(str, size))


def patch_size(value: Any, rank: int) -> tuple[int, ...]:
    """Return the size of patches, one number for each spatial axis, or one for all."""
    sides = tuple(value) if isinstance(value, list | tuple | np.ndarray) else (value,) * rank
    valid = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in sides)
    if len(sides) != rank or not valid or not all(0 < side <= LARGEST_INT for side in sides):
        raise ValueError(
            f"patches must be one positive integer, or {rank} of them, one for each spatial axis, got {value!r}."
        )
    return tuple(int(side) for side in sides)
