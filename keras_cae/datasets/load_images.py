"""Loading of images into memory."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.array_file import ARRAY_SUFFIXES, load_array_file
from keras_cae.datasets.channels import check_channels, with_channels
from keras_cae.datasets.digits import load_digits
from keras_cae.datasets.folder import load_folder
from keras_cae.datasets.image_data import ImageData
from keras_cae.datasets.keras_datasets import KERAS_DATASETS, load_keras_dataset
from keras_cae.datasets.sizing import Sizing
from keras_cae.datasets.standard_images import standard_images
from keras_cae.kinds import KINDS
from keras_cae.validation import one_of

DATASETS = ("digits", *KERAS_DATASETS)
IMAGES = 2
"""The number of spatial axes of images."""


def load_images(
    data: Any = "digits",
    image_size: Any = None,
    resize: str = "stretch",
    channels: int | None = None,
    key: str | None = None,
    max_side: int | None = None,
    *,
    rank: int = 2,
) -> ImageData:
    """Load images from a folder, a file, a data set or an array; or signals or volumes from an array.

    Folders and their subfolders are searched for PNG, JPEG, BMP, GIF, WebP and TIFF files; hidden files and other files
    are ignored. The first image of an animation or a multi-page file is used, and the orientation in the EXIF data is
    applied. Files that can't be read are skipped and listed in `skipped`. Images have one channel if all files are
    grey, four if any of them is transparent anywhere, and three otherwise. They are uint16 if all files are 16-bit grey
    (or grey floats in [0, 1]), and uint8 otherwise. TIFF files that Pillow can't read, such as those of 64-bit floats,
    need the extra `tiff`. A file with several links to it is read once; pipes and other special files are skipped.

    Arrays have the shape `(n, height, width, channels)` or `(n, height, width)`. Integers up to 255 are treated as
    8-bit images and up to 65535 as 16-bit ones; zeros and ones, and booleans, as black and white. Floats must lie in
    [0, 1]; those from 0 to 255 are divided by 255. `notes` records such decisions.

    With `rank=1`, arrays contain signals, `(n, length, channels)` or `(n, length)`; with `rank=3` volumes, `(n, depth,
    height, width, channels)` or `(n, depth, height, width)`. They keep their size and their channels.

    Args:
        data: "digits", the handwritten digits that come with scikit-learn (the default); "mnist",
            "fashion_mnist" or "cifar10", which are downloaded; the path of a folder, or of an `.npy` or
            `.npz` file; or an array. For a folder with the name of a data set, write "./mnist".
        image_size: the size to which all images are resized, in pixels: `(height, width)`, or one number for
            square images. By default, the most common size.
        resize: how images are resized: "stretch" changes the aspect ratio, "crop" cuts off the longer side, "pad"
            adds black borders. Folders and arrays are resized in the same way.
        channels: 1 (grey), 3 (colour) or 4 (colour and alpha); by default that of the images. If alpha is
            removed, transparent pixels become white.
        key: the name of the array in an `.npz` file. By default `x_train`, with `x_test` as the test images;
            otherwise `images`, `x` or `data`; otherwise the only array that can be images.
        max_side: the maximum of the longer side of the default size, in pixels. Larger images are scaled down.
        rank: the number of spatial axes: 1 for signals, 2 for images, 3 for volumes.

    Returns:
        `ImageData`.

    Raises:
        TypeError: `data` is neither a name nor a path nor an array.
        FileNotFoundError: there is no such file, folder or data set.
        ValueError: an argument is invalid, there are no images, none can be read, or they do not fit into memory.
        ConnectionError: a data set can't be downloaded.
        ImportError: the digits are requested and scikit-learn is not installed.

    Example:

    >>> data = keras_cae.datasets.load_images("digits")
    >>> data.images.shape
    (1797, 8, 8, 1)
    >>> [len(part) for part in data.split()]
    [1258, 180, 359]
    """
    sizing = Sizing(image_size, resize, max_side)
    check_channels(channels)
    if one_of(rank, "rank", tuple(KINDS)) != IMAGES:
        _check_options(rank, image_size=image_size, channels=channels, max_side=max_side)
    if key is not None and not (isinstance(data, str | PathLike) and str(data).lower().endswith(".npz")):
        raise ValueError(f"key names an array in an .npz file, got key={key!r} for {data!r}.")
    loaded = _load(data, sizing, key) if rank == IMAGES else _load_arrays(data, key, rank)
    if channels is None:
        return loaded
    test_images = loaded.test_images
    return replace(
        loaded,
        images=with_channels(loaded.images, channels),
        test_images=None if test_images is None else with_channels(test_images, channels),
    )


def _check_options(rank: int, **options: Any) -> None:
    """Raise a `ValueError` if an option that applies only to images is given."""
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"{name} is only supported for images; {KINDS[rank].noun} (rank={rank}) keep their size and channels. "
                f"Omit it, got {value!r}."
            )


def _load_arrays(data: Any, key: str | None, rank: int) -> ImageData:
    """Return signals or volumes."""
    if isinstance(data, np.ndarray):
        (examples,), notes = standard_images([data], "data", rank)
        return ImageData(examples, "array", notes=notes)
    path = Path() if data in DATASETS else _existing(data)
    if path.suffix.lower() not in ARRAY_SUFFIXES:
        raise ValueError(
            f"rank={rank} requires {KINDS[rank].noun} in an array or in an .npy or .npz file, got {str(data)!r}. Save "
            "them with np.save."
        )
    return load_array_file(path, key, rank)


def _load(data: Any, sizing: Sizing, key: str | None) -> ImageData:
    if isinstance(data, np.ndarray):
        (images,), notes = standard_images([data], "data")
        return sizing.resize_data(ImageData(images, "array", notes=notes))
    if isinstance(data, str) and data == "digits":
        return sizing.resize_data(load_digits())
    if isinstance(data, str) and data in KERAS_DATASETS:
        return sizing.resize_data(load_keras_dataset(data))
    path = _existing(data)
    if path.is_dir():
        return load_folder(path, sizing)
    if path.suffix.lower() in ARRAY_SUFFIXES:
        return sizing.resize_data(load_array_file(path, key))
    raise ValueError(
        f"data must be a folder of images, an .npy or .npz file, or one of {', '.join(DATASETS)}, "
        f"got the file {str(data)!r}. For a single image, pass its folder."
    )


def _existing(data: Any) -> Path:
    if not isinstance(data, str | PathLike):
        raise TypeError(
            f"data must be the name of a data set, a path or a NumPy array, got {type(data).__name__}. "
            "Convert it to an array with numpy.asarray(data)."
        )
    path = Path(data).expanduser()
    if not str(data) or not path.exists():
        raise FileNotFoundError(
            f"data must be one of {', '.join(DATASETS)}, a folder of images, or an .npy or .npz file, got "
            f"{str(data)!r}, which does not exist."
        )
    return path
