"""The image that is split into tiles."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_cae.kinds import KINDS
from keras_cae.tiling.mapped import release_pages
from keras_cae.tiling.tile_axis import TileAxis

VALUES_PER_READ = 2**24


class ImageReader:
    """Reads parts of an image, which may be mapped from a file.

    Args:
        image: an array `(*spatial, channels)`, or any object with a shape and a dtype that can be sliced.
        rank: number of spatial axes.
        float_type: type to which floats are converted.

    Raises:
        ValueError: the image has another number of axes, or no pixels.
    """

    def __init__(self, image: Any, rank: int, float_type: str) -> None:
        if isinstance(image, tf.Tensor) or not (hasattr(image, "shape") and hasattr(image, "dtype")):
            image = np.asarray(image)
        kind, shape = KINDS[rank], tuple(image.shape)
        if len(shape) != rank + 1:
            remedy = {rank: " For a grey image, pass image[..., None].", rank + 2: " For a batch, pass image[0]."}
            raise ValueError(
                f"image must be one {kind.one} of shape {kind.shape_of_one}, got the shape {shape}."
                f"{remedy.get(len(shape), '')}"
            )
        if not all(shape):
            raise ValueError(f"image must have pixels along every axis, got the shape {shape}.")
        self.image = image
        self.size, self.channels = shape[:-1], shape[-1]
        dtype = np.dtype(image.dtype)
        self.dtype = np.dtype(float_type) if dtype.kind == "f" else dtype.newbyteorder("=")

    def extremes(self) -> np.ndarray:
        """Return the lowest and the highest value, as an array of the type of the tiles.

        Raises:
            ValueError: some values are not finite.
        """
        found = [(part.min(), part.max()) for part in self._parts()]
        lows, highs = zip(*found, strict=True)
        extremes = np.array([np.min(lows), np.max(highs)], self.dtype)
        if self.dtype.kind == "f" and not np.isfinite(extremes).all():
            raise ValueError(
                "image has values that are not a number (NaN) or infinite, which would spread to all pixels around "
                "them. Repair the image: np.nan_to_num(image) replaces NaN by zeros."
            )
        return extremes

    def _parts(self) -> Iterator[np.ndarray]:
        rows = max(1, VALUES_PER_READ // math.prod((*self.size[1:], self.channels)))
        for start in range(0, self.size[0], rows):
            yield np.asarray(self.image[start : start + rows])
            release_pages(self.image)

    def tile(self, axes: list[TileAxis], index: tuple[int, ...], sides: tuple[int, ...]) -> np.ndarray:
        """Return the pixels of a tile. If the image is smaller than the tile, it is padded at the end by reflection.

        Args:
            axes: the tiles along each axis.
            index: index of the tile along each axis.
            sides: sides of the tile.
        """
        places = tuple(axis.pixels(position) for axis, position in zip(axes, index, strict=True))
        pixels = np.asarray(self.image[places], self.dtype)
        missing = [side - present for side, present in zip(sides, pixels.shape, strict=False)]
        if any(missing):
            pixels = np.pad(pixels, [*((0, more) for more in missing), (0, 0)], mode="reflect")
        return pixels
