"""Writing of codes to files while images are encoded."""

import csv
import shutil
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.cli.applying.array_writer import ArrayWriter
from keras_cae.cli.applying.parquet import import_parquet

CODES, FILES = "codes", "files"
"""The names of the arrays in an `.npz` file."""
FILE_COLUMN = "file"
GROUP_VALUES = 2**20
"""The approximate number of values in a row group of a Parquet file."""


class CodeWriter(ABC):
    """Writes codes batch by batch."""

    @abstractmethod
    def write(self, names: Sequence[str], codes: np.ndarray) -> None:
        """Append the codes of images with these names."""


@contextmanager
def write_codes(path: Path, kind: str) -> Iterator[CodeWriter]:
    """Open a file of codes for writing.

    Args:
        path: path of the file.
        kind: ".npy", ".npz", ".csv" or ".parquet".
    """
    if kind == ".npy":
        with ArrayWriter(path) as array:
            yield _Array(array)
    elif kind == ".npz":
        with _archive(path) as archive:
            yield archive
    elif kind == ".csv":
        with path.open("w", newline="") as file:
            yield _Table(csv.writer(file))
    else:
        parquet = _Parquet(path)
        try:
            yield parquet
        finally:
            parquet.close()


def column_names(shape: Sequence[int]) -> list[str]:
    """Return the column names for codes of a shape, such as code_0, or code_0_0_0 for feature maps."""
    return ["_".join(map(str, ("code", *index))) for index in np.ndindex(*shape)]


class _Array(CodeWriter):
    def __init__(self, array: ArrayWriter) -> None:
        self.array = array

    def write(self, names: Sequence[str], codes: np.ndarray) -> None:
        self.array.write(codes)


class _Archive(_Array):
    def __init__(self, array: ArrayWriter) -> None:
        super().__init__(array)
        self.names: list[str] = []

    def write(self, names: Sequence[str], codes: np.ndarray) -> None:
        super().write(names, codes)
        self.names += names


@contextmanager
def _archive(path: Path) -> Iterator[_Archive]:
    """Open an `.npz` file for writing, into which the codes are copied once they are complete."""
    beside = path.with_name(f"{path.name}.codes")
    try:
        with ArrayWriter(beside) as array:
            archive = _Archive(array)
            yield archive
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as members:
            with beside.open("rb") as source, members.open(f"{CODES}.npy", "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 2**20)
            with members.open(f"{FILES}.npy", "w", force_zip64=True) as target:
                np.lib.format.write_array(target, np.array(archive.names, dtype=str), allow_pickle=False)
    finally:
        beside.unlink(missing_ok=True)


class _Table(CodeWriter):
    def __init__(self, table: Any) -> None:
        self.table = table
        self.begun = False

    def write(self, names: Sequence[str], codes: np.ndarray) -> None:
        if not self.begun:
            self.begun = True
            self.table.writerow([FILE_COLUMN, *column_names(codes.shape[1:])])
        # Nine digits represent any float32 exactly.
        form = "{:.9g}".format if codes.dtype.kind == "f" else str
        for name, row in zip(names, codes.reshape(len(codes), -1).tolist(), strict=True):
            self.table.writerow([name, *map(form, row)])


class _Parquet(CodeWriter):
    def __init__(self, path: Path) -> None:
        self.arrow, self.parquet = import_parquet()
        self.path = path
        self.writer: Any = None
        self.names: list[str] = []
        self.codes: list[np.ndarray] = []

    def write(self, names: Sequence[str], codes: np.ndarray) -> None:
        self.names += names
        self.codes.append(codes)
        if sum(part.size for part in self.codes) >= GROUP_VALUES:
            self._flush()

    def _flush(self) -> None:
        codes = np.concatenate(self.codes)
        columns = [self.names, *codes.reshape(len(codes), -1).T]
        table = self.arrow.table(
            [self.arrow.array(column) for column in columns], [FILE_COLUMN, *column_names(codes.shape[1:])]
        )
        if self.writer is None:
            self.writer = self.parquet.ParquetWriter(self.path, table.schema)
        self.writer.write_table(table)
        self.names, self.codes = [], []

    def close(self) -> None:
        if self.codes:
            self._flush()
        if self.writer is not None:
            self.writer.close()
