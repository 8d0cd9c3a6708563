"""Writing of the images of a model as PNG files."""

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from keras_cae.datasets.load_images import IMAGES
from keras_cae.datasets.sizing import Size, Sizing
from keras_cae.drawing.png import to_png
from keras_cae.pixel_values import OVERSHOOT

PNG = ".png"
CHANNELS = (1, 3, 4)


def check_pictures(model: Any) -> None:
    """Raise a `ValueError` if the outputs of a model can't be written as PNG files.

    Args:
        model: the autoencoder.
    """
    channels = model.decoder.output_shape[-1]
    low, high = model._gate.span or (0, 1)
    if model.rank != IMAGES or channels not in CHANNELS:
        what = f"data with {model.rank} spatial axes and {channels} channels"
    elif low < -OVERSHOOT or high > 1 + OVERSHOOT:
        what = f"values from {low:g} to {high:g}"
    else:
        return
    raise ValueError(
        f"PNG files require images with 1, 3 or 4 channels and values from 0 to 1, but this model produces {what}. "
        "Write them as an array with --out NAME.npy"
    )


def picture_names(names: Iterable[str]) -> list[str]:
    """Return the paths of PNG files for images. The suffix .png is appended to names of other formats.

    Args:
        names: names of the images, with their subfolders.

    Raises:
        ValueError: two images would have the same path, or a path would be outside the folder.
    """
    found: dict[str, str] = {}
    for name in names:
        path = PurePath(name)
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise ValueError(f"Names of images must be relative paths without '..', got {name!r}.")
        picture = str(path) if path.suffix.lower() == PNG else f"{path}{PNG}"
        if picture in found:
            other = f"{found[picture]!r} and {name!r}" if found[picture] != name else f"Two images named {name!r}"
            raise ValueError(f"{other} would be written to the same file {picture!r}. Rename one of them.")
        found[picture] = name
    return list(found)


def numbers(count: int, stem: str = "") -> list[str]:
    """Return names for images without names: numbers with leading zeros, which sort in numerical order."""
    return [f"{stem}{number:0{len(str(max(count - 1, 0)))}}" for number in range(count)]


def write_picture(image: np.ndarray, path: Path, *, deep: bool = False) -> None:
    """Write an image as a PNG file.

    Args:
        image: floats from 0 to 1, `(height, width, channels)`.
        path: path of the file. Missing parent folders are created.
        deep: whether to write 16 bits per pixel if the image is grey.
    """
    kind = np.uint16 if deep and image.shape[-1] == 1 else np.uint8
    pixels = np.rint(np.clip(image, 0, 1) * np.iinfo(kind).max).astype(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_png(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))


def restore_size(image: np.ndarray, size: Size | None, sizing: Sizing) -> np.ndarray:
    """Return an image at its original size.

    Args:
        image: floats `(height, width, channels)`.
        size: original `(height, width)`, or None to keep the size.
        sizing: how the image was resized for the model.
    """
    if size is None or image.shape[:2] == size:
        return image
    planes = [np.ascontiguousarray(image[..., channel], "float32") for channel in range(image.shape[-1])]
    return np.stack([sizing.undo(plane, size) for plane in planes], axis=-1)


def is_deep(model: Any) -> bool:
    """Return whether the images of a model have 16 bits."""
    return bool(model._gate.dtype == "uint16")
