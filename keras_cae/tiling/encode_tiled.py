"""Tiled encoding of images that are too large to be encoded as a whole."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_cae.tiling.run import run
from keras_cae.tiling.task import Encoding, task_of


def encode_tiled(
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
    """Encode one image of any size tile by tile, with a model whose codes are feature maps.

    It works as `predict_tiled` does. By default, tiles overlap by the receptive field of the encoder, which is smaller
    than that of the model, and the codes are those of the whole image. Codebook indices are not blended: each code is
    taken from the tile that contains more of the surrounding pixels.

    Args:
        model: a `CAE` with `latent_dim=None`.
        image: `(*spatial, channels)`: an array, which may be memory-mapped.
        tile: sides of the tiles in pixels, including the overlap: an integer, or one for each axis.
        overlap: minimum number of pixels that neighbouring tiles share: an integer, or one for each axis.
        batch_size: number of tiles that are computed at once; by default as many as have 262,144 pixels.
        out: the array to write to, which may be memory-mapped; or the path of an `.npy` file. By default a new array.
        dtype: type of the codes; by default that of `encode`, or that of `out`.
        progress: called after each tile with the number of finished tiles and the total number of tiles.

    Returns:
        The codes, as `model.encode(image[None])[0]`. For a path, the file as a read-only memory-mapped array.

    Raises:
        TypeError: the model is not of this library, or another argument is invalid.
        ValueError: the codes are vectors, or the model does not accept the image; the tile is smaller than the
            downsampling, or not larger than the overlap; or `out` has another shape.
        DiskFullError: there is no space for the file.

    Example:

    >>> model = keras_cae.models.BasicCAE(filters=(4, 8))
    >>> image = np.random.default_rng(0).random((201, 130, 1), dtype="float32")
    >>> keras_cae.tiling.encode_tiled(model, image, tile=64).shape
    (101, 65, 8)
    """
    settings = {"tile": tile, "overlap": overlap, "batch_size": batch_size, "out": out, "dtype": dtype}
    return run(task_of(model, Encoding), image, **settings, progress=progress)
