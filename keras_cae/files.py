"""Files that are complete at every moment."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The numbers of the errors of a disk without space, and of a user whose share of it is used up."""


class DiskFullError(OSError):
    """Raised if a file can't be written because the disk is full.

    Args:
        path: path of the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        path = Path(path)
        remains = " What was there before is unchanged." if path.exists() else ""
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

    The block writes to another file beside it, whose path it is given. At the end of the block that file is
    flushed to the disk and takes the place of the old one. After an exception, a full disk or the end of the
    process, the old file is still there, as it was.

    A folder takes the place of one that is missing or empty as a whole. Where there is another one, its files
    are replaced one by one, and what else is in it stays.

    Args:
        path: path of the file. A link stays one: what it points to is replaced.

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

    The block is given the path of an empty folder beside it. At the end of the block its files are flushed to the
    disk, and it takes the place of the folder that was there, as a whole. After an exception or on a full disk, the
    old folder is there, as it was.

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
    # Files last: in a SavedModel they refer to the folders.
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
