"""The base class of sources of images, from which streams read one image at a time."""

import hashlib
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_cae.datasets.image_data import SkippedFile, unreadable
from keras_cae.datasets.image_file import failure_reason
from keras_cae.files import DiskFullError
from keras_cae.validation import LARGEST_INT


class ImageSource(ABC):
    """A sequence of images that are read on demand.

    A subclass sets the attributes and implements `read`, and `view` if parts of an image can be read.

    Attributes:
        names: the name of each image: the path of its file, or its index in an array.
        kept: the index of each image in the data that the user passed.
        sizes: `(*spatial)` of each image, as `read` returns it.
        channels: number of channels of all images.
        dtype: dtype of all images.
        files: the paths of the files that contain the images, for caches.
        skipped: the files that could not be read.
        settings: text that identifies the settings on which the pixels depend, for caches.
        classes: the name of the folder of each image, or None.
        members: the name of each image before it was packed, or None.
        notes: sentences about how the images were converted.
        partners: the names of the target images, or None.
        test: the test images, if the data contain separate ones, or None.
    """

    names: Sequence[str]
    kept: np.ndarray
    sizes: Sequence[tuple[int, ...]]
    channels: int
    dtype: np.dtype
    files: Sequence[str] = ()
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
        """Return an image, or an object with its `shape` that reads parts of it when it is sliced."""
        return self.read(row)

    def stored(self, row: int) -> tuple[bytes, str, tuple[int, ...], str] | None:
        """Return the content of an image file, with the format, the shape and the dtype of its pixels.

        Return None for an image that is not in a file of its own.
        """
        return None

    def read_all(self, row: int) -> tuple[np.ndarray, ...]:
        """Return an image, or the images of a pair."""
        return (self.read(row),)

    def view_all(self, row: int) -> tuple[Any, ...]:
        """Return the view of an image, or the views of a pair."""
        return (self.view(row),)

    def finish(self) -> None:  # noqa: B027
        """Finish an epoch. By default, do nothing."""

    @property
    def shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """The shape of each image that `read_all` returns, with None if images differ in size."""
        first = self.sizes[0]
        size = first if all(size == first for size in self.sizes) else (None,) * len(first)
        return ((*size, self.channels),)

    @property
    def dtypes(self) -> tuple[np.dtype, ...]:
        """The dtype of each image that `read_all` returns."""
        return (self.dtype,)

    def fingerprint_of_files(self) -> str:
        """Return a hash of the path, the size and the modification time of each file."""
        digest = hashlib.sha256()
        for file in self.files:
            status = os.stat(file)
            numbers = f"\0{status.st_size} {status.st_mtime_ns}\n"
            digest.update(os.fsencode(os.path.abspath(file)) + numbers.encode())
        return digest.hexdigest()

    def attempt(self, function: Callable[[int], Any], row: int) -> Any:
        """Apply a function to an image. If the image is damaged, record its file as skipped and return None."""
        try:
            return function(row)
        except DiskFullError:  # the cache can't be written, but the image is not damaged
            raise
        # Decoders of damaged files raise all kinds of exceptions.
        except Exception as error:
            self.note(self.names[row], failure_reason(error))
            return None

    def note(self, name: str, reason: str) -> None:
        """Record a file as skipped, once."""
        made = SkippedFile(name, reason)
        # Nothing that could start a slow garbage collection happens while the lock is held.
        with self._lock:
            if name not in self._noted:
                self._noted.add(name)
                self.skipped.append(made)

    def failure(self) -> ValueError:
        """Return the error for the case that no image can be read."""
        return unreadable(self.skipped)

    def large_enough(self, size: tuple[int, ...]) -> np.ndarray:
        """Return the rows of the images that are at least as large as a patch, and record the others as skipped.

        Raises:
            ValueError: there are no such images.
        """
        if len(size) != len(self.sizes[0]):
            raise ValueError(f"patches must have {len(self.sizes[0])} axes, as the images do, got {size}.")
        rows = [row for row, sides in enumerate(self.sizes) if all(a >= b for a, b in zip(sides, size, strict=True))]
        if not rows:
            largest = max(self.sizes, key=lambda sides: (min(sides), sides))
            raise ValueError(
                f"patches of {size_text(size)} are larger than every image, of which the largest has "
                f"{size_text(largest)}. Choose smaller patches."
            )
        for row in sorted(set(range(len(self))) - set(rows)):
            self.note(
                self.names[row],
                f"its size {size_text(self.sizes[row])} is smaller than the patches of {size_text(size)}",
            )
        return np.array(rows)


def size_text(size: Sequence[int]) -> str:
    """Return a size as text, such as "64×48"."""
    return "×".join(map(str, size))


def patch_size(value: Any, rank: int) -> tuple[int, ...]:
    """Return the size of patches along each spatial axis, given as one number per axis or one for all axes."""
    sides = tuple(value) if isinstance(value, list | tuple | np.ndarray) else (value,) * rank
    valid = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in sides)
    if len(sides) != rank or not valid or not all(0 < side <= LARGEST_INT for side in sides):
        raise ValueError(f"patches must be a positive integer, or {rank} of them, one per spatial axis, got {value!r}.")
    return tuple(int(side) for side in sides)
