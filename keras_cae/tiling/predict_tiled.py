"""Tiled prediction of images that are too large to be predicted as a whole."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_cae.tiling.run import run
from keras_cae.tiling.task import task_of


def predict_tiled(
    model: Any,
    image: Any,
    *,
    tile: int | Sequence[int] | None = None,
    overlap: int | Sequence[int] | None = None,
    batch_size: int | None = None,
    out: Any = None,
    dtype: Any = None,
    progress: Callable[[int, int], Any] | None = None,
) -> np.ndarray:
    """Reconstruct one image of any size, or compute its anomaly map with a detector, tile by tile.

    Memory is needed for a batch of tiles, and for the result unless it is written to a file. Where tiles overlap, the
    result is their weighted mean; a tile only contributes outputs for which it contains all pixels that the network
    depends on. With an overlap of the receptive field, which is the default, a model with `latent_dim=None` therefore
    returns what its `predict` returns for the whole image.

    - Models with a dense code have a fixed size, which is that of the tiles. Smaller images are padded by reflection.
    - Group normalization uses statistics of its whole input. Tiles are then blended, and a warning says that the result
      is not exact.
    - Integers are scaled by their type, as in `predict`, and never by the values of a tile.
    - The map of a detector is that of its `predict`, and can be compared with `detector.map_threshold`.

    Args:
        model: a `CAE` of any kind, or a calibrated `AnomalyDetector`.
        image: `(*spatial, channels)`: an array, which may be memory-mapped.
        tile: sides of the tiles in pixels, including the overlap: an integer, or one for each axis. By default 512 for
            images, 64 for volumes and 32768 for signals, or more if the overlap is large. To align them with the
            network's grid, tiles may be enlarged by less than its downsampling.
        overlap: minimum number of pixels that neighbouring tiles share: an integer, or one for each axis. By default
            `receptive_field(model)`, or half a tile if the model has a fixed size.
        batch_size: number of tiles that are computed at once; by default as many as have 262,144 pixels.
        out: the array to write to, which may be memory-mapped; or the path of an `.npy` file, which is written
            completely or not at all. By default a new array.
        dtype: type of the result; by default float32, or that of `out`. For integers, values from 0 to 1 are scaled to
            the range of the type, as in input images, rounded and clipped; data of another unit are only rounded and
            clipped.
        progress: called after each tile with the number of finished tiles and the total number of tiles.

    Returns:
        The reconstruction, of the shape of the image, or the map of a detector, `(*spatial)`. For a path, the file as a
        read-only memory-mapped array.

    Raises:
        TypeError: the model is not of this library, or another argument is invalid.
        ValueError: the model does not accept the image; the tile is smaller than the downsampling, or not larger than
            the overlap; or `out` has another shape.
        DiskFullError: there is no space for the file.

    Example:

    >>> model = keras_cae.models.DenoisingCAE(filters=(4, 8))
    >>> image = np.random.default_rng(0).integers(0, 256, (201, 130, 1), dtype="uint8")
    >>> tiled = keras_cae.tiling.predict_tiled(model, image, tile=64)
    >>> np.allclose(tiled, model.predict(image[None], verbose=0)[0], atol=1e-5)
    True
    """
    settings = {"tile": tile, "overlap": overlap, "batch_size": batch_size, "out": out, "dtype": dtype}
    return run(task_of(model), image, **settings, progress=progress)
