"""Reading of image files for a detector."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_cae.anomaly.masks import LARGEST_LABEL
from keras_cae.datasets.folder import image_paths
from keras_cae.datasets.image_file import MODES, Layout, failure_reason, open_image, read_pixels
from keras_cae.datasets.sizing import Sizing


class ImageReader:
    """Reads image files in the size, the channels and the type that an autoencoder expects.

    Args:
        autoencoder: a built `CAE` of images.
        resize: how images are resized: "stretch", "crop" or "pad".
        image_size: `(height, width)`, for an autoencoder that accepts any size.

    Raises:
        ValueError: files can't be read for this autoencoder.
    """

    def __init__(self, autoencoder: Any, resize: str, image_size: tuple[int, int] | None = None) -> None:
        *size, channels = autoencoder.built_shape[1:]
        if len(size) != 2 or channels not in MODES:
            raise ValueError(
                "Files can only be read for an autoencoder of images with 1, 3 or 4 channels, but this one was built "
                f"for {autoencoder.built_shape[1:]}. Read the images yourself and pass arrays."
            )
        known = image_size if None in size else tuple(size)
        if known is None:
            raise ValueError(
                "Files can't be read without a size, because the autoencoder accepts images of any size. Create the "
                "detector with image_size=(height, width), to which the images are resized."
            )
        self.layout = Layout(known, channels, np.uint16 if autoencoder._gate.dtype == "uint16" else np.uint8)
        self.sizing = Sizing(known, resize, None)
        self._of_masks = Sizing(known, resize, None, method=Image.Resampling.NEAREST)

    def read(self, path: Path) -> np.ndarray:
        """Return the image in a file, `(height, width, channels)`."""
        pixels = read_pixels(path, self.layout, self.sizing)
        # Convert 8 bits to 16 bits. Otherwise, 8-bit images would be black next to 16-bit images.
        return pixels.astype(np.uint16) * 257 if self.layout.dtype is np.uint16 and pixels.dtype == np.uint8 else pixels

    def read_mask(self, path: Path) -> np.ndarray:
        """Return the mask of defects in a file, resized to the size of the images: booleans `(height, width)`."""
        with open_image(path) as image:
            pixels = np.asarray(image.convert("L"))[..., None]
        mask = self._of_masks.apply(pixels, self.layout.size)[..., 0]
        return mask > LARGEST_LABEL if pixels.max() > LARGEST_LABEL else mask > 0


def folder_batches(folder: Path, reader: ImageReader, batch_size: int) -> Iterator[np.ndarray]:
    """Yield the images of a folder, in the order of their paths."""
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {str(folder)!r}. Pass an array, a dataset or a folder of images.")
    paths = list(image_paths(folder))
    if not paths:
        raise ValueError(f"There are no images in the folder {str(folder)!r}.")
    for start in range(0, len(paths), batch_size):
        yield np.stack([_read(path, reader) for path in paths[start : start + batch_size]])


def _read(path: Path, reader: ImageReader) -> np.ndarray:
    try:
        return reader.read(path)
    # A decoder may raise any exception for a damaged file.
    except Exception as error:
        raise ValueError(f"The image {str(path)!r} can't be read: {failure_reason(error)}.") from error
