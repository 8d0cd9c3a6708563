"""Reading of codes from files, batch by batch."""

import csv
import math
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.archives import DAMAGED
from keras_cae.cli.applying.code_writer import CODES, FILE_COLUMN, FILES
from keras_cae.cli.applying.parquet import import_parquet
from keras_cae.datasets.array_file import map_array_file

COLUMN = re.compile(r"code((?:_\d+)+)")


class CodeReader(ABC):
    """Reads the codes in a file.

    Attributes:
        count: number of codes.
        names: names of the encoded images, or None if the file does not contain them.
    """

    count: int
    names: Sequence[str] | None = None

    @abstractmethod
    def batches(self, size: int) -> Iterator[np.ndarray]:
        """Yield the codes in batches. The last batch may be smaller."""


def open_codes(path: Path, key: str | None, code_shape: Sequence[int | None]) -> CodeReader:
    """Open a file of codes.

    Args:
        path: an `.npy`, `.npz`, `.csv` or `.parquet` file.
        key: the name of the array in an `.npz` file.
        code_shape: shape of a code of the model.

    Raises:
        OSError: there is no such file.
        ValueError: the file does not contain codes.
    """
    kind = path.suffix.lower()
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}. Create one with: keras-cae encode MODEL DATA")
    if key is not None and kind != ".npz":
        raise ValueError(f"--key is only supported for .npz files, got {key!r} for {str(path)!r}. Omit it.")
    if kind in (".npy", ".npz"):
        return _ArrayReader(path, key, len(code_shape))
    if kind == ".csv":
        return _TableReader(path, code_shape)
    if kind == ".parquet":
        return _ParquetReader(path, code_shape)
    raise ValueError(f"CODES must be a file that ends in .npy, .npz, .csv or .parquet, got {str(path)!r}.")


class _ArrayReader(CodeReader):
    def __init__(self, path: Path, key: str | None, axes: int) -> None:
        if path.suffix.lower() == ".npz":
            key = key or _codes_in(path)
            self.names = _names_in(path) if key == CODES else None
        self._array = map_array_file(path, key, max(1, axes - 1))[0]
        if self._array.ndim != axes + 1 or self._array.dtype.kind not in "biuf":
            raise ValueError(
                f"CODES must be an array of numbers with {axes + 1} axes for this model, including the axis of the "
                f"images, got {self._array.dtype} {self._array.shape} in {path.name}."
            )
        self.count = len(self._array)
        if self.names is not None and len(self.names) != self.count:
            raise ValueError(
                f"{path.name} must contain one file name per code, got {len(self.names)} names for {self.count} codes."
            )

    def batches(self, size: int) -> Iterator[np.ndarray]:
        for start in range(0, self.count, size):
            yield np.asarray(self._array[start : start + size])


def _codes_in(path: Path) -> str | None:
    """Return the name of the codes in an archive, or None if it is the only array."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except DAMAGED as error:
        raise ValueError(f"{path.name} can't be read: it is damaged or not an .npz file ({error}).") from error
    return CODES if f"{CODES}.npy" in members else None


def _names_in(path: Path) -> list[str] | None:
    with np.load(path, allow_pickle=False) as archive:
        return archive[FILES].tolist() if FILES in archive.files else None


class _TableReader(CodeReader):
    def __init__(self, path: Path, code_shape: Sequence[int | None]) -> None:
        self._path = path
        with path.open(newline="") as file:
            lines = csv.reader(file)
            first = next(lines, None)
            if not first:
                raise ValueError(f"{path.name} is empty.")
            self._named = not _is_number(first[0]) and not COLUMN.fullmatch(first[0])
            self._skipped = 0 if all(map(_is_number, first[self._named :])) else 1
            self._shape = _shape_of(first[self._named :], code_shape)
            names = [] if self._skipped else [first[0]]
            names += [line[0] for line in lines if line]
        self.count = len(names)
        self.names = names if self._named else None

    def batches(self, size: int) -> Iterator[np.ndarray]:
        rows: list[list[float]] = []
        with self._path.open(newline="") as file:
            lines = csv.reader(file)
            for line in lines:
                if not line or lines.line_num <= self._skipped:
                    continue
                rows.append(self._values(line[self._named :], lines.line_num))
                if len(rows) == size:
                    yield np.array(rows).reshape(-1, *self._shape)
                    rows = []
        if rows:
            yield np.array(rows).reshape(-1, *self._shape)

    def _values(self, cells: list[str], number: int) -> list[float]:
        expected = math.prod(self._shape)
        if len(cells) != expected:
            raise ValueError(f"{self._path.name}, line {number}: expected {expected} numbers, got {len(cells)}.")
        try:
            return [float(cell) for cell in cells]
        except ValueError as error:
            raise ValueError(f"{self._path.name}, line {number}: {error}.") from error


class _ParquetReader(CodeReader):
    def __init__(self, path: Path, code_shape: Sequence[int | None]) -> None:
        arrow, parquet = import_parquet()
        try:
            self._file = parquet.ParquetFile(path)
        except (OSError, arrow.ArrowException) as error:
            raise ValueError(f"{path.name} can't be read: it is damaged or not a Parquet file ({error}).") from error
        columns = self._file.schema_arrow.names
        self._columns = [name for name in columns if name != FILE_COLUMN]
        self._shape = _shape_of(self._columns, code_shape)
        self.count = self._file.metadata.num_rows
        if FILE_COLUMN in columns:
            self.names = self._file.read([FILE_COLUMN]).column(0).to_pylist()

    def batches(self, size: int) -> Iterator[np.ndarray]:
        for batch in self._file.iter_batches(size, columns=self._columns):
            columns = [batch.column(number).to_numpy(zero_copy_only=False) for number in range(len(self._columns))]
            yield np.stack(columns, axis=1).reshape(-1, *self._shape)


def _shape_of(columns: Sequence[str], code_shape: Sequence[int | None]) -> tuple[int, ...]:
    """Return the shape of a code in a row, from the column names if possible and otherwise from the model."""
    found = COLUMN.fullmatch(columns[-1]) if columns else None
    if found is not None:
        shape = tuple(int(index) + 1 for index in found[1].split("_")[1:])
        if math.prod(shape) == len(columns):
            return shape
    known = tuple(side for side in code_shape if side is not None)
    if len(known) == len(code_shape) and math.prod(known) == len(columns):
        return known
    return (len(columns),)


def as_codes(values: np.ndarray, model: Any, first: int) -> np.ndarray:
    """Convert codes to the dtype that a model decodes.

    Args:
        values: the codes as read from the file.
        model: the autoencoder.
        first: index of the first code.

    Raises:
        ValueError: the codes are not finite, or are not integers although they are codebook indices.
    """
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"CODES must be finite, got NaN or infinite values in the code {first + int(finite.argmin())}."
        )
    if getattr(model.bottleneck, "codebook_size", None) is None:
        return values.astype("float32")
    if np.any(values != np.rint(values)):
        raise ValueError("CODES must be codebook indices, which are integers, for this model, got fractions.")
    return values.astype("int32")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
