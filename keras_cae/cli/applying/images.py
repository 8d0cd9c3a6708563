"""Images to which a command applies a model, batch by batch."""

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
from keras_cae.wording import counted

Result = TypeVar("Result")
MASKS = "ground_truth"
"""The folder of the masks of defects in the layout of MVTec AD."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Images of one size.

    Args:
        rows: indices of the images.
        pixels: array `(n, *spatial, channels)`, in the form that the model expects.
    """

    rows: Sequence[int]
    pixels: np.ndarray


class Images:
    """Images for a model. Damaged files are skipped and recorded.

    Args:
        source: source of the images.
        name: name of the data, valid as a file name.
        names: names of the images, or None to number them.
        sizing: how files are resized for the model.
        notes: notes about the selection of the images.
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
        """The files that could not be read so far."""
        return sorted(self.source.skipped)

    @property
    def sizes(self) -> set[tuple[int, ...]]:
        """The sizes of the images after resizing."""
        return set(self.source.sizes)

    def name_of(self, row: int) -> str:
        """Return the name of an image: its path in the folder, or its index in the array."""
        return str(row) if self.names is None else self.names[row]

    def stored_size(self, row: int) -> Size | None:
        """Return `(height, width)` of the upright image in its file; None if the image is not in a file of its own."""
        sizes = getattr(self.source, "stored_sizes", None)
        return None if sizes is None else sizes[row]

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the images in order. A batch ends early if the next image has a different size."""
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


def apply_to_images(
    function: Callable[[np.ndarray], Result], images: Images, batch_size: int, verb: str
) -> Iterator[tuple[Batch, Result]]:
    """Apply a function to all images, batch by batch, and show the progress.

    Args:
        function: function that takes a batch.
        images: the images.
        batch_size: number of images in a batch.
        verb: name of the operation, capitalized.

    Yields:
        Each batch and the result of the function.

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
    """Open DATA for reading in the size, the channels and the dtype that a model expects.

    Images in files keep their size if the model accepts any size and none is given.

    Args:
        data: the arguments on the command line: one name, or the paths of several images or folders.
        model: the model.
        key: the name of the array in an `.npz` file.
        image_size: the size for a model that accepts any size.
        resize: how images are resized, or None to resize them as in training.

    Raises:
        OSError, ValueError: there are no images, or the model does not support them.
    """
    *sides, channels = model.autoencoder.built_shape[1:]
    rank = len(sides)
    if key is not None and not (len(data) == 1 and data[0].lower().endswith(".npz")):
        raise ValueError(f"--key is only supported for .npz files, got {key!r} for {' '.join(data)}. Omit it.")
    size = size_for(model, image_size)
    sizing = Sizing(size, resize or model.resize, None)
    options: dict[str, Any] = {"key": key, "rank": rank, "own_sizes": size is None}
    known = channels if rank == IMAGES and channels in (1, 3, 4) else None
    if len(data) == 1 and data[0] in DATASETS:
        with redirect_stdout(sys.stderr):  # Keras prints download messages, but stdout is for results.
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
    """Return the size to which all images are resized, or None if each image keeps its size.

    Args:
        model: the model.
        image_size: the value of `--image-size`.

    Raises:
        ValueError: the model requires another size.
    """
    sides = model.autoencoder.built_shape[1:-1]
    if len(sides) != IMAGES:
        if image_size is not None:
            raise ValueError(
                f"--image-size is only supported for images, but this is a model of {KINDS[len(sides)].noun}. Omit it."
            )
        return None
    height, width = sides
    if height is None or width is None:
        return image_size or model.image_size
    if image_size is not None and tuple(image_size) != (height, width):
        raise ValueError(
            f"--image-size must be {height}x{width}, the only size that this model accepts, got "
            f"{image_size[0]}x{image_size[1]}. Omit it."
        )
    return height, width


def _note(apart: bool, data: str, remedy: str = "") -> tuple[str, ...]:
    other = f" To use the training images, add {remedy}." if remedy else ""
    return (f"{data} contains separate test images, which are used here.{other}",) if apart else ()


def _is_array(data: str) -> bool:
    path = Path(data).expanduser()
    return path.suffix.lower() in (".npy", ".npz") and path.is_file()


def _files(data: Sequence[str]) -> tuple[Path, list[Path], tuple[str, ...]]:
    """Return the files of images, and the folder to which their names are relative.

    Raises:
        FileNotFoundError: a path does not exist, or no file matches a pattern.
        ValueError: a file is not an image, or a folder contains no images.
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
                notes += (f"{given} has the layout of MVTec AD: the masks in {MASKS} are skipped.",)
                found = [each for each in found if each.relative_to(path).parts[0] != MASKS]
            paths += found
        elif path.exists():
            paths.append(_image(path))
        else:
            paths += _matching(path)
    distinct, repeated = distinct_files(paths)
    if repeated:
        notes += (f"Skipped {counted(repeated, 'duplicate files')}, such as links to other files.",)
    root = Path(data[0]).expanduser()
    if len(data) > 1 or not root.is_dir():
        root = Path(os.path.commonpath([os.path.abspath(path.parent) for path in distinct]))
    return root, list(distinct), notes


def _matching(pattern: Path) -> list[Path]:
    found = sorted(glob.glob(str(pattern), recursive=True))
    images = [Path(path) for path in found if path.lower().endswith(IMAGE_SUFFIXES) and Path(path).is_file()]
    if not images:
        raise FileNotFoundError(
            "DATA must be a folder; image files or a pattern such as 'photos/*.png'; an .npy or .npz file; shards "
            f"written by keras-cae pack; or one of {', '.join(DATASETS)}, got {str(pattern)!r}, which does not exist."
        )
    return images


def _image(path: Path) -> Path:
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise ValueError(
            f"Image files must end in one of {', '.join(IMAGE_SUFFIXES)}, got {str(path)!r}. An .npy or .npz file must "
            "be the only DATA."
        )
    return path
