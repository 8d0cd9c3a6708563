"""Arrays that lie in files, and what of them stays in memory."""

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format


def release_pages(array: Any) -> None:
    """Release the memory of the pages of a memory-mapped array that have been read or written.

    Nothing is lost: what was written is in the file, of which the system still holds what it has not stored yet.
    Private copies of files, with mode "c", are left alone, and so is any other array.
    """
    if not isinstance(array, np.memmap) or getattr(array, "mode", None) not in ("r", "r+", "w+"):
        return
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def new_array_file(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
    """Create an `.npy` file for an array, on a disk that has the space for it.

    Raises:
        OSError: it has not. Writing to a mapped file would end the process.
    """
    array = npy_format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array
