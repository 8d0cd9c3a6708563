"""Lists of paths that take little memory."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload


class PathList(Sequence[Path]):
    """Paths that are kept as strings, which take a quarter of the memory of `Path` objects.

    Args:
        paths: the paths.
    """

    def __init__(self, paths: Iterable[Path | str]) -> None:
        self._names = [str(path) for path in paths]

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> "PathList": ...

    def __getitem__(self, index: int | slice) -> "Path | PathList":
        return PathList(self._names[index]) if isinstance(index, slice) else Path(self._names[index])
