"""A cache file of decoded images, for later epochs and other training runs."""

import hashlib
import json
import os
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.decoding import in_order
from keras_cae.datasets.image_file import failure_reason
from keras_cae.datasets.image_source import ImageSource
from keras_cae.files import DiskFullError, is_full_disk

END = b"keras_cae cache 1"
"""The last bytes of a complete cache. The file contains the images, a JSON description, the length of the description
in eight bytes, and these bytes."""
LENGTH = 8


class CachedSource(ImageSource):
    """The images of another source, cached in a file once they are decoded.

    The cache records the names, sizes and modification times of the files that it was created from; if they differ, it
    is created again. It gets its final name only when it is complete.

    Args:
        source: source of the images.
        path: the file.

    Raises:
        ValueError: the source has no files, or the file exists and is not a cache.
    """

    def __init__(self, source: ImageSource, path: Path) -> None:
        super().__init__()
        if not source.files:
            raise ValueError("cache is only supported for images in files, got an array. Omit it.")
        self._source, self._path = source, path
        self.names, self.kept, self.sizes, self.files = source.names, source.kept, source.sizes, source.files
        self.channels, self.dtype, self.skipped = source.channels, source.dtype, source.skipped
        self.settings, self._noted = source.settings, source._noted
        lengths = [int(np.prod(size)) * self.channels * self.dtype.itemsize for size in self.sizes]
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype="int64")])
        self._fingerprint = self._current_fingerprint()
        self._damaged: dict[int, str] = {}
        self._stored: np.ndarray | None = None
        self._file: Any = None
        self._done = np.zeros(len(self), bool)
        self._finishing = threading.Lock()
        self._open_whole()

    def read(self, row: int) -> np.ndarray:
        if self._stored is not None:
            return np.array(self.view(row))
        try:
            image = self._source.read(row)
        # Decoders of damaged files raise all kinds of exceptions.
        except Exception as error:
            self._damaged[row] = failure_reason(error)
            raise
        self._keep(row, image)
        return image

    def view(self, row: int) -> Any:
        if self._stored is None:
            return self.read(row)
        if row in self._damaged:
            raise ValueError(self._damaged[row])
        part = self._stored[self._starts[row] : self._starts[row + 1]]
        return part.view(self.dtype).reshape(*self.sizes[row], self.channels)

    def finish(self) -> None:
        """Read the images that are missing, and move the file to its final path."""
        with self._finishing:
            if self._stored is not None:
                return
            missing = [row for row in np.flatnonzero(~self._done).tolist() if row not in self._damaged]
            for _ in in_order(lambda number: self.attempt(self.read, missing[number]) is not None, len(missing)):
                pass
            if self._file is not None and self._current_fingerprint() == self._fingerprint:
                self._complete()

    def _keep(self, row: int, image: np.ndarray) -> None:
        with self._lock:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115
                    dir=self._path.parent, prefix="unfinished-", suffix=self._path.suffix, delete=False
                )
                weakref.finalize(self, Path(self._file.name).unlink, missing_ok=True)
        try:
            _write(self._file.fileno(), np.ascontiguousarray(image).tobytes(), int(self._starts[row]))
        except OSError as error:
            raise DiskFullError(self._path) if is_full_disk(error) else error from None
        self._done[row] = True

    def _complete(self) -> None:
        description = json.dumps({"fingerprint": self._fingerprint, "damaged": self._damaged}).encode()
        self._file.seek(int(self._starts[-1]))
        try:
            self._file.write(description + len(description).to_bytes(LENGTH, "little") + END)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise DiskFullError(self._path) if is_full_disk(error) else error from None
        self._file.close()
        os.replace(self._file.name, self._path)
        self._stored = self._mapped()

    def _mapped(self) -> np.ndarray:
        return np.memmap(self._path, "uint8", "r", shape=(int(self._starts[-1]),))

    def _open_whole(self) -> None:
        if not self._path.exists():
            return
        description = _description(self._path)
        if description is None:
            raise ValueError(f"cache must be a new file or a cache, got {str(self._path)!r}, which is not a cache.")
        if description.get("fingerprint") == self._fingerprint:
            self._damaged = {int(row): reason for row, reason in description["damaged"].items()}
            self._stored = self._mapped()

    def _current_fingerprint(self) -> str:
        what = [
            self.settings,
            self.kept.tolist(),
            self.channels,
            self.dtype.name,
            self._starts.tolist(),
            self.fingerprint_of_files(),
        ]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _write(file: int, content: bytes, start: int) -> None:
    done = 0
    while done < len(content):  # a call may write only a part
        done += os.pwrite(file, content[done:], start + done)


def _description(path: Path) -> dict[str, Any] | None:
    """Return the description of a cache, or None if the file is not a cache."""
    tail = LENGTH + len(END)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size < tail:
            return None
        file.seek(size - tail)
        length = int.from_bytes(file.read(LENGTH), "little")
        if file.read() != END or length > size - tail:
            return None
        file.seek(size - tail - length)
        try:
            description = json.loads(file.read(length))
        except ValueError:
            return None
    return description if isinstance(description, dict) else None
