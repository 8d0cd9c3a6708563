"""Predictions of images that are larger than the network can take at once."""

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
    """Reconstruct one image of any size tile by tile; of a detector, return its anomaly map.

    The memory of a batch of tiles is needed, and that of the result, unless it goes to a file. Tiles overlap, and
    where they do the result is a mean of both, with weights that add up to one, of what both know: tiles count where
    they have all pixels that the network looks at. So with an overlap of the receptive field, which is the default, a
    model with `latent_dim=None` gives what its `predict` makes of the whole image.

    - Models with a dense code have a size of their own, which is that of the tiles. Smaller images are mirrored.
    - Group normalization takes statistics of all that it sees. Tiles are blended, and a warning says that they are
      not exact.
    - Integers are scaled as `predict` scales them, by their type, never by the values of a tile.
    - The map of a detector is that of its `predict`, to be compared with `detector.map_threshold`.

    Args:
        model: a `CAE` of any kind, or an `AnomalyDetector` that is calibrated.
        image: `(*spatial, channels)`: an array, which may be memory-mapped.
        tile: sides of the tiles in pixels, overlap included: an integer, or one for each axis. By default 512 for
            images, 64 for volumes and 32768 for signals, or more if the overlap is large. Tiles may be larger by
            less than the downsampling of the network, so that they start on its grid.
        overlap: how many pixels neighbouring tiles have in common, at least: an integer, or one for each axis. By
            default `receptive_field(model)`; half a tile where the tile has the model's own size.
        batch_size: number of tiles that are computed at once; by default as many as have 262,144 pixels.
        out: the array to write to, which may be memory-mapped; or the path of an `.npy` file, which is complete or
            not there. By default a new array.
        dtype: type of the result, by default float32, or that of `out`. Values are rounded and clipped to integers,
            and from 0 to 1 mean from 0 to the largest value of the type, as in images that come in; data of
            another unit keep it.
        progress: called after each tile, with the number of tiles that are done and that of all.

    Returns:
        The reconstruction, of the shape of the image; of a detector its map, `(*spatial)`. For a path, the file as
        a read-only memory-mapped array.

    Raises:
        TypeError: the model is none of this library, or another argument is invalid.
        ValueError: the image is not of the kind that the model takes; the tile is smaller than the downsampling, or
            not larger than the overlap; `out` has another shape.
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
