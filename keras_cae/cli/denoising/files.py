"""The files to denoise and the paths of their results."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from keras_cae.datasets.folder import image_paths
from keras_cae.datasets.image_file import IMAGE_SUFFIXES


class Planned(NamedTuple):
    """A file, and the relative path of its result in the output folder."""

    path: Path
    result: Path


def plan(inputs: Sequence[Path]) -> list[Planned]:
    """Return the files given by the inputs, without duplicates.

    A result has the path of its file relative to the input folder. If files from two inputs have the same relative
    path, the name of the input folder is prepended.

    Raises:
        OSError: there is no such file.
        ValueError: there are no images, or two results would still have the same path.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    for given in inputs:
        if not given.exists():
            raise FileNotFoundError(f"There is no file or folder {str(given)!r}.")
        paths = list(image_paths(given)) if given.is_dir() else [given]
        if not paths:
            raise ValueError(
                f"There are no images in the folder {str(given)!r}: no visible file in it or in its subfolders ends in "
                f"{', '.join(IMAGE_SUFFIXES)}."
            )
        folder = given if given.is_dir() else given.parent
        for path in paths:
            found.setdefault(path.resolve(), (path, folder))
    wanted = Counter(path.relative_to(folder) for path, folder in found.values())
    planned: dict[Path, Planned] = {}
    for path, folder in found.values():
        result = path.relative_to(folder)
        if wanted[result] > 1:
            result = Path(folder.resolve().name) / result
        if result in planned:
            raise ValueError(
                f"{str(planned[result].path)!r} and {str(path)!r} would be written to the same file {str(result)!r}: "
                "denoise them separately, into different folders."
            )
        planned[result] = Planned(path, result)
    return list(planned.values())
