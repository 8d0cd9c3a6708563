"""Pictures of images decoded from codes in which one dimension at a time is changed."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from keras_cae.drawing.image_grid import ImageGrid, draw_image_grid
from keras_cae.drawing.thumbnails import SMALL
from keras_cae.validation import non_negative_int, positive_int


def draw_latent_traversal(
    decode: Callable[[np.ndarray], Any],
    code: np.ndarray,
    dims: np.ndarray,
    offsets: np.ndarray,
    units: np.ndarray,
) -> np.ndarray:
    """Draw a row of images for each latent dimension, in which only this dimension changes.

    The arguments are those of `traversal_grid`.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    return draw_image_grid(*traversal_grid(decode, code, dims, offsets, units))


def traversal_grid(
    decode: Callable[[np.ndarray], Any],
    code: np.ndarray,
    dims: np.ndarray,
    offsets: np.ndarray,
    units: np.ndarray,
) -> ImageGrid:
    """Return a row of images for each latent dimension, in which only this dimension changes.

    Args:
        decode: the function from codes `(n, latent_dim)` to images.
        code: the code to change, `(latent_dim,)`.
        dims: the dimensions to show.
        offsets: the changes of a dimension from left to right, in units.
        units: the unit of each latent dimension, `(latent_dim,)`.
    """
    decoded = np.asarray(decode(traversal_codes(code, dims, offsets, units)))
    rows = decoded.reshape(len(dims), len(offsets), *decoded.shape[1:])
    return ImageGrid(
        {f"code[{dim}]": row for dim, row in zip(dims, rows, strict=True)},
        captions={"units": [f"{offset:.2g}" for offset in offsets]},
        min_side=SMALL,
    )


def traversal_codes(code: np.ndarray, dims: np.ndarray, offsets: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return codes `(dims * offsets, latent_dim)`, in each of which one dimension is changed by one offset."""
    codes = np.tile(code, (len(dims), len(offsets), 1))
    for row, dim in zip(codes, dims, strict=True):
        row[:, dim] += offsets * units[dim]
    return codes.reshape(-1, len(code))


def checked_dims(dims: Any) -> Any:
    """Return the argument `dims` as an integer or a tuple of integers."""
    if isinstance(dims, str | bytes | dict | set) or not isinstance(dims, Iterable):
        return positive_int(dims, "dims")
    checked = tuple(non_negative_int(dim, "dims") for dim in dims)
    if not checked:
        raise ValueError("dims must be a positive integer, or the indices of dimensions, got none.")
    return checked
