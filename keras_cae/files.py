"""Atomic writing of files and folders.

All code that writes files uses it.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The error numbers of a full disk and of an exceeded quota."""


class DiskFullError(OSError):
    """Raised if a file can't be written because the disk is full.

    Args:
        path: path of the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        path = Path(path)
        remains = " The existing file is unchanged." if path.exists() else ""
        super().__init__(
            f"The disk is full ({os.strerror(errno.ENOSPC)}): {str(path)!r} could not be written.{remains} Free some "
            "space and try again."
        )
        self.errno = errno.ENOSPC


def is_full_disk(error: BaseException) -> bool:
    """Return whether an error of Python, TensorFlow or HDF5 means that the disk is full."""
    return getattr(error, "errno", None) in FULL or any(os.strerror(number) in str(error) for number in FULL)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file atomically."""
    with write_atomically(path) as unfinished:
        unfinished.write_text(text)


@contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file, or a folder of files, atomically.

    The block writes to a temporary file in the same folder, whose path it receives. At the end of the block, this file
    is flushed to the disk and replaces the old file. If there is an exception, the disk is full or the process ends,
    the old file is unchanged.

    A new folder replaces a missing or an empty folder as a whole. Otherwise, the files of the existing folder are
    replaced one by one, and other files in it are kept.

    Args:
        path: path of the file. If it is a link, the file that it points to is replaced.

    Yields:
        The path to write to. It has the same suffix.

    Raises:
        DiskFullError: there is no space left.
    """
    path = Path(os.path.realpath(path))
    unfinished = path.with_name(f"unfinished-{path.name}")
    try:
        yield unfinished
        _flush(unfinished)
        _put_in_place(unfinished, path)
    except BaseException as error:
        _remove(unfinished)
        if is_full_disk(error) and not isinstance(error, DiskFullError):
            raise DiskFullError(path) from error
        raise


@contextmanager
def write_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a folder completely, or not at all.

    The block receives the path of an empty temporary folder in the same parent folder. At the end of the block, its
    files are flushed to the disk, and it replaces the old folder as a whole. If there is an exception or the disk is
    full, the old folder is unchanged.

    Args:
        path: path of the folder.

    Yields:
        The folder to write into.

    Raises:
        DiskFullError: there is no space left.
    """
    path = Path(os.path.realpath(path))
    unfinished, replaced = (path.with_name(f"{state}-{path.name}") for state in ("unfinished", "replaced"))
    _remove(unfinished)
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        _flush(unfinished)
        if path.exists():
            _remove(replaced)
            os.replace(path, replaced)
        os.replace(unfinished, path)
    except BaseException as error:
        _remove(unfinished)
        if replaced.exists() and not path.exists():
            os.replace(replaced, path)
        if is_full_disk(error) and not isinstance(error, DiskFullError):
            raise DiskFullError(path) from error
        raise
    _remove(replaced)


def _flush(path: Path) -> None:
    """Flush a file, or all files of a folder, to the disk."""
    if path.is_dir():
        for part in path.iterdir():
            _flush(part)
    else:
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _put_in_place(unfinished: Path, path: Path) -> None:
    if not (unfinished.is_dir() and path.is_dir()):
        os.replace(unfinished, path)
        return
    # Files are replaced last, because in a SavedModel they refer to the folders.
    for part in sorted(unfinished.iterdir(), key=lambda part: (part.is_file(), part.name)):
        if part.is_dir() and (path / part.name).is_dir():
            shutil.rmtree(path / part.name)
        os.replace(part, path / part.name)
    unfinished.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
