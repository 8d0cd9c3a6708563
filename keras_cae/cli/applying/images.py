"""The images that a command applies a model to, batch by batch."""

import glob
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from keras_cae.cli.progress import progress
from keras_cae.cli.saved_model import SavedModel
from keras_cae.datasets.decoding import in_order
from keras_cae.datasets.folder import distinct_files, image_paths
from keras_cae.datasets.image_data import SkippedFile
from keras_cae.datasets.image_file import IMAGE_SUFFIXES
from keras_cae.datasets.image_source import ImageSource
from keras_cae.datasets.inspection_folder import InspectionFolder
from keras_cae.datasets.load_images import DATASETS, IMAGES, load_images
from keras_cae.datasets.open_source import find_shards, open_source
from keras_cae.datasets.sizing import Size, Sizing
from keras_cae.kinds import KINDS

Result = TypeVar("Result")
MASKS = "ground_truth"
"""The folder of the masks of defects in the layout of MVTec AD."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Images of one size.

    Args:
        rows: the number of each.
        pixels: array `(n, *spatial, channels)`, as the model takes it.
    """

    rows: Sequence[int]
    pixels: np.ndarray


class Images:
    """Images on the way into a model. Files that turn out to be damaged are left out, and noted.

    Args:
        source: source of the images.
        name: name of the data, fit for a file name.
        names: what each image is called, None to number them.
        sizing: how files get the size of the model.
        notes: sentences on what was chosen.
    """

    def __init__(
        self, source: ImageSource, name: str, names: Sequence[str] | None, sizing: Sizing, notes: Sequence[str] = ()
    ) -> None:
        self.source, self.name, self.names, self.sizing = source, name, names, sizing
        self.notes = (*notes, *source.notes)
        self.count = len(source)
        self.kind = KINDS[len(source.sizes[0])]

    @property
    def skipped(self) -> list[SkippedFile]:
        """The files that could not be read, so far."""
        return sorted(self.source.skipped)

    @property
    def sizes(self) -> set[tuple[int, ...]]:
        """The sizes in which the model gets the images."""
        return set(self.source.sizes)

    def name_of(self, row: int) -> str:
        """Return what an image is called: its path in the folder, or its number in the array."""
        return str(row) if self.names is None else self.names[row]

    def stored_size(self, row: int) -> Size | None:
        """Return `(height, width)` of an image as a viewer shows it; None if it has no file of its own."""
        sizes = getattr(self.source, "stored_sizes", None)
        return None if sizes is None else sizes[row]

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the images in their order; a batch ends early where the next image has another size."""
        rows: list[int] = []
        pixels: list[np.ndarray] = []
        for row, image in enumerate(in_order(self._read, self.count, ahead=size)):
            if image is None:
                continue
            if rows and (len(rows) == size or image.shape != pixels[0].shape):
                yield Batch(rows, np.stack(pixels))
                rows, pixels = [], []
            rows.append(row)
            pixels.append(image)
        if rows:
            yield Batch(rows, np.stack(pixels))

    def _read(self, row: int) -> np.ndarray | None:
        return self.source.attempt(self.source.read, row)


def applied(
    function: Callable[[np.ndarray], Result], images: Images, batch_size: int, verb: str
) -> Iterator[tuple[Batch, Result]]:
    """Apply a function of a model to all images, and show how far it has come.

    Args:
        function: function of a batch.
        images: all images.
        batch_size: how many are taken at once.
        verb: what the function does, capitalized.

    Yields:
        Each batch and what the function returned.

    Raises:
        ValueError: none of the images can be read.
    """
    done = 0
    with progress(images.count, verb, images.kind.noun) as advance:
        for batch in images.batches(batch_size):
            yield batch, function(batch.pixels)
            done += len(batch.rows)
            advance(len(batch.rows))
    if not done:
        raise images.source.failure()


def open_images(
    data: Sequence[str],
    model: SavedModel,
    *,
    key: str | None = None,
    image_size: Any = None,
    resize: str | None = None,
) -> Images:
    """Open what DATA names, to be read in the size, the channels and the type that a model takes.

    Images in files keep their size, where the model takes any size and none is given.

    Args:
        data: what was typed: one name, or the paths of several images or folders.
        model: the model.
        key: the name of the array in an `.npz` file.
        image_size: the size for a model that takes any.
        resize: how images get the size, None for what is known from the training.

    Raises:
        OSError, ValueError: there are none, or not of the kind that the model takes.
    """
    *sides, channels = model.autoencoder.built_shape[1:]
    rank = len(sides)
    if key is not None and not (len(data) == 1 and data[0].lower().endswith(".npz")):
        raise ValueError(f"--key names an array in an .npz file, got {key!r} for {' '.join(data)}. Leave it out.")
    size = size_for(model, image_size)
    sizing = Sizing(size, resize or model.resize, None)
    options: dict[str, Any] = {"key": key, "rank": rank, "own_sizes": size is None}
    known = channels if rank == IMAGES and channels in (1, 3, 4) else None
    if len(data) == 1 and data[0] in DATASETS:
        with redirect_stdout(sys.stderr):  # Keras says there what it downloads, and stdout is for results.
            loaded = load_images(data[0])
        test = loaded.test_images
        source = open_source(loaded.images if test is None else test, sizing, known, **options)
        return Images(source, data[0], None, sizing, (*loaded.notes, *_note(test is not None, data[0])))
    if len(data) == 1 and (_is_array(data[0]) or find_shards(data[0])):
        source = open_source(data[0], sizing, known, **options)
        name = Path(data[0]).expanduser().stem.replace("{shard}", "").strip("-_.") or "images"
        apart = source.test is not None
        return Images(source.test or source, name, source.members, sizing, _note(apart, data[0], "--key x_train"))
    root, paths, notes = _files(data)
    source = open_source(paths, sizing, known, **options)
    names = [os.path.relpath(paths[number], root) for number in source.kept]
    name = root.resolve().name if len(data) > 1 or Path(data[0]).is_dir() else Path(data[0]).stem
    return Images(source, name.replace("*", "").strip("-_.") or "images", names, sizing, notes)


def size_for(model: SavedModel, image_size: Any) -> Size | None:
    """Return the size that all images get, or None if each keeps its own.

    Args:
        model: the model.
        image_size: what `--image-size` was given.

    Raises:
        ValueError: the model takes another size only.
    """
    sides = model.autoencoder.built_shape[1:-1]
    if len(sides) != IMAGES:
        if image_size is not None:
            raise ValueError(f"--image-size is for images, but this is a model of {KINDS[len(sides)].noun}.")
        return None
    height, width = sides
    if height is None or width is None:
        return image_size or model.image_size
    if image_size is not None and tuple(image_size) != (height, width):
        raise ValueError(f"--image-size: this model is for images of {height}×{width} only. Leave it out.")
    return height, width


def _note(apart: bool, data: str, remedy: str = "") -> tuple[str, ...]:
    other = f" For those that it was trained on: {remedy}." if remedy else ""
    return (f"{data} sets test images apart, which are used here.{other}",) if apart else ()


def _is_array(data: str) -> bool:
    path = Path(data).expanduser()
    return path.suffix.lower() in (".npy", ".npz") and path.is_file()


def _files(data: Sequence[str]) -> tuple[Path, list[Path], tuple[str, ...]]:
    """Return the files of images, and the folder that their names are relative to.

    Raises:
        FileNotFoundError: a name is that of nothing.
        ValueError: a file is no image, or a folder has none.
    """
    paths: list[Path] = []
    notes: tuple[str, ...] = ()
    for given in data:
        path = Path(given).expanduser()
        if path.is_dir():
            found = list(image_paths(path))
            if not found:
                raise ValueError(f"There are no images in the folder {given!r}.")
            if InspectionFolder.find(path) is not None:
                notes += (f"{given} has the layout of MVTec AD: its masks in {MASKS} are left out.",)
                found = [each for each in found if each.relative_to(path).parts[0] != MASKS]
            paths += found
        elif path.exists():
            paths.append(_image(path))
        else:
            paths += _matching(path)
    distinct, repeated = distinct_files(paths)
    if repeated:
        notes += (f"{repeated} files or links to files that are among the images already were left out.",)
    root = Path(data[0]).expanduser()
    if len(data) > 1 or not root.is_dir():
        root = Path(os.path.commonpath([os.path.abspath(path.parent) for path in distinct]))
    return root, distinct, notes


def _matching(pattern: Path) -> list[Path]:
    found = sorted(glob.glob(str(pattern), recursive=True))
    images = [Path(path) for path in found if path.lower().endswith(IMAGE_SUFFIXES) and Path(path).is_file()]
    if not images:
        raise FileNotFoundError(
            f"There is nothing that {str(pattern)!r} names. DATA is a folder; images or a pattern of their names, such "
            f"as 'photos/*.png'; an .npy or .npz file; shards of keras-cae pack; or one of {', '.join(DATASETS)}."
        )
    return images


def _image(path: Path) -> Path:
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise ValueError(
            f"{str(path)!r} is not an image, whose name ends in one of {', '.join(IMAGE_SUFFIXES)}. An array, in an "
            ".npy or .npz file, comes alone."
        )
    return path
