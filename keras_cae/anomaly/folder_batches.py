"""The images of a folder on the way into a detector."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.datasets.folder import image_paths
from keras_cae.datasets.image_file import MODES, Layout, failure_reason, read_pixels
from keras_cae.datasets.sizing import Sizing


def folder_batches(folder: Path, autoencoder: Any, resize: str, batch_size: int) -> Iterator[np.ndarray]:
    """The images of a folder, in the order of their paths, as the autoencoder takes them."""
    layout = _layout(autoencoder, folder)
    paths = list(image_paths(folder))
    if not paths:
        raise ValueError(f"There are no images in the folder {str(folder)!r}.")
    sizing = Sizing(layout.size, resize, None)
    for start in range(0, len(paths), batch_size):
        yield np.stack([_read(path, layout, sizing) for path in paths[start : start + batch_size]])


def _layout(autoencoder: Any, folder: Path) -> Layout:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {str(folder)!r}. Images are an array, a dataset or a folder.")
    *size, channels = autoencoder.built_shape[1:]
    if len(size) != 2 or None in size or channels not in MODES:
        raise ValueError(
            "A folder can be read for an autoencoder of images of one size with 1, 3 or 4 channels, but this one was "
            f"built for {autoencoder.built_shape[1:]}. Read the images yourself and pass arrays."
        )
    return Layout(tuple(size), channels, np.uint16 if autoencoder.gate.dtype == "uint16" else np.uint8)


def _read(path: Path, layout: Layout, sizing: Sizing) -> np.ndarray:
    try:
        return read_pixels(path, layout, sizing)
    # A decoder that meets a damaged file may raise anything.
    except Exception as error:
        raise ValueError(f"The image {str(path)!r} can't be read: {failure_reason(error)}.") from error
