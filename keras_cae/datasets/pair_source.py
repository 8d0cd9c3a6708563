"""Pairs of noisy and clean images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.folder import image_paths
from keras_cae.datasets.image_source import ImageSource, size_text
from keras_cae.datasets.picture_source import PictureSource
from keras_cae.wording import counted

LISTED = 5
"""The largest number of files that an error lists."""


class PairSource(ImageSource):
    """Pairs of images from two sources.

    Args:
        first: source of the first images.
        second: source of the second images, in the same order.

    Raises:
        ValueError: the images of a pair differ in size, or no pair can be read.
    """

    def __init__(self, first: PictureSource, second: PictureSource) -> None:
        super().__init__()
        self._sources = (first, second)
        self.skipped += [*first.skipped, *second.skipped]
        first.skipped = second.skipped = self.skipped
        self.kept, *rows = np.intersect1d(first.kept, second.kept, assume_unique=True, return_indices=True)
        self._rows = list(zip(*(each.tolist() for each in rows), strict=True))
        self.names = [first.names[one] for one, _ in self._rows]
        self.partners = [second.names[other] for _, other in self._rows]
        if not self._rows:
            raise self.failure()
        self.sizes = [first.sizes[one] for one, _ in self._rows]
        self.channels, self.dtype = first.channels, first.dtype
        self._check_sizes()

    def read(self, row: int) -> np.ndarray:
        return self.read_all(row)[0]

    def read_all(self, row: int) -> tuple[np.ndarray, ...]:
        return self._both(row, lambda source: source.read)

    def view_all(self, row: int) -> tuple[Any, ...]:
        return self._both(row, lambda source: source.view)

    def attempt(self, function: Callable[[int], Any], row: int) -> Any:
        try:
            return function(row)
        except _FileSkipped:
            return None

    @property
    def shapes(self) -> tuple[tuple[int | None, ...], ...]:
        first, second = self._sources
        return (*first.shapes, *second.shapes)

    @property
    def dtypes(self) -> tuple[np.dtype, ...]:
        first, second = self._sources
        return (first.dtype, second.dtype)

    def _both(self, row: int, function: Callable[[ImageSource], Callable[[int], Any]]) -> tuple[Any, ...]:
        found = tuple(
            source.attempt(function(source), number)
            for source, number in zip(self._sources, self._rows[row], strict=True)
        )
        if any(each is None for each in found):
            raise _FileSkipped
        return found

    def _check_sizes(self) -> None:
        """Raise a `ValueError` if the images of a pair differ in size, unless both are resized."""
        first, second = self._sources
        if first.resized:
            return
        for one, other in self._rows:
            sizes = first.stored_sizes[one], second.stored_sizes[other]
            if sizes[0] != sizes[1]:
                raise ValueError(
                    f"The images of a pair must have the same size, but {first.names[one]!r} has {size_text(sizes[0])} "
                    f"and {second.names[other]!r} has {size_text(sizes[1])}. To resize all images, pass image_size."
                )


class _FileSkipped(Exception):  # noqa: N818
    """A file could not be read, and was recorded as skipped."""


def partners(noisy: Path, clean: Path) -> tuple[list[Path], list[Path]]:
    """Return the paths of the noisy and clean images. Pairs have the same path, or differ only in the suffix.

    Raises:
        ValueError: an image has no partner, or several.
    """
    folders = {"noisy_folder": noisy, "clean_folder": clean}
    files = {name: _by_path(folder, name) for name, folder in folders.items()}
    exact = files["noisy_folder"].keys() & files["clean_folder"].keys()
    found = [(files["noisy_folder"][path], files["clean_folder"][path]) for path in exact]
    rest = {name: _by_stem(of_folder, exact, name) for name, of_folder in files.items()}
    for name, other in (("noisy_folder", "clean_folder"), ("clean_folder", "noisy_folder")):
        alone = sorted(str(path) for stem, path in rest[name].items() if stem not in rest[other])
        if alone:
            more = f" and {len(alone) - LISTED} more" if len(alone) > LISTED else ""
            raise ValueError(
                f"{counted(len(alone), 'images')} in {name} {'has' if len(alone) == 1 else 'have'} no counterpart with "
                f"the same name in {other}: {', '.join(alone[:LISTED])}{more}. Add what is missing, or remove the rest."
            )
    found += [(path, rest["clean_folder"][stem]) for stem, path in rest["noisy_folder"].items()]
    found.sort()
    return [one for one, _ in found], [other for _, other in found]


def _by_path(folder: Path, name: str) -> dict[str, Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{name} must be a folder of images, got {str(folder)!r}, which is not a folder.")
    files = {path.relative_to(folder).as_posix(): path for path in image_paths(folder)}
    if not files:
        raise ValueError(f"There are no images in {name}, {str(folder)!r}.")
    return files


def _by_stem(files: dict[str, Path], paired: set[str], name: str) -> dict[str, Path]:
    """Return the files without an exact match, by their paths without suffixes."""
    stems: dict[str, Path] = {}
    for relative, path in files.items():
        if relative in paired:
            continue
        stem = relative[: -len(path.suffix)]
        if stem in stems:
            raise ValueError(
                f"{name} contains two images with the same name, {str(stems[stem])!r} and {str(path)!r}, so their "
                "counterparts are ambiguous. Give both images of a pair the same suffix."
            )
        stems[stem] = path
    return stems
