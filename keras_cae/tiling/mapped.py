"""Memory-mapped arrays and the memory that they occupy."""

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format


def release_pages(array: Any) -> None:
    """Release the memory of the pages of a memory-mapped array that have been read or written.

    No data are lost, because written pages belong to the file, and the system stores them later. Copy-on-write arrays,
    with mode "c", and arrays that are not memory-mapped are not changed.
    """
    if not isinstance(array, np.memmap) or getattr(array, "mode", None) not in ("r", "r+", "w+"):
        return
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def new_array_file(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
    """Create an `.npy` file for an array, and allocate its disk space.

    Raises:
        OSError: there is not enough space. Without the allocation, writing to the mapped file would kill the process.
    """
    array = npy_format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array
