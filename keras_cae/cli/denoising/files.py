"""Which files are denoised, and where the results go."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from keras_cae.datasets.folder import image_paths
from keras_cae.datasets.image_file import IMAGE_SUFFIXES


class Planned(NamedTuple):
    """A file, and the path of its result in the folder of the results."""

    path: Path
    result: Path


def plan(inputs: Sequence[Path]) -> list[Planned]:
    """Return the files that inputs name, each once.

    Results have the path that a file has in its folder. Where that would be the same for files of two inputs, the
    name of the folder is put before it.

    Raises:
        OSError: there is no such file.
        ValueError: there are no images, or two results would have the same path even so.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    for given in inputs:
        if not given.exists():
            raise FileNotFoundError(f"There is no file or folder {str(given)!r}.")
        paths = list(image_paths(given)) if given.is_dir() else [given]
        if not paths:
            raise ValueError(
                f"There are no images in the folder {str(given)!r}: no visible file there or in the folders in it "
                f"ends in {', '.join(IMAGE_SUFFIXES)}."
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
                f"{str(planned[result].path)!r} and {str(path)!r} would have the same result, {str(result)!r}: denoise "
                "them one after the other, into different folders."
            )
        planned[result] = Planned(path, result)
    return list(planned.values())
