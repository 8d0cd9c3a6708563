"""Writing of arrays in parts."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy_format


class ArrayWriter:
    """Writes an `.npy` file row by row, without keeping it in memory. Use it as a context manager.

    Args:
        path: path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self.count = 0
        self.shape: tuple[int, ...] | None = None
        """The shape of each row."""
        self.dtype: Any = None

    def write(self, rows: np.ndarray) -> None:
        """Append rows.

        Raises:
            ValueError: the rows differ in shape from the previous ones.
        """
        rows = np.ascontiguousarray(rows)
        if self.shape is None:
            self.shape, self.dtype = rows.shape[1:], rows.dtype
            self._write_header()
        if rows.shape[1:] != self.shape:
            raise ValueError(
                f"An array requires images of the same shape, got {self.shape} and {rows.shape[1:]}. Resize them with "
                "--image-size."
            )
        self._file.write(rows.astype(self.dtype, copy=False).data)
        self.count += len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *others: Any) -> None:
        with self._file:
            if kind is None and self.shape is not None:
                self._file.seek(0)
                self._write_header()

    def _write_header(self) -> None:
        assert self.shape is not None
        # NumPy reserves space in the header for the first axis to grow.
        header = {
            "descr": npy_format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self.count, *self.shape),
        }
        npy_format.write_array_header_1_0(self._file, header)
