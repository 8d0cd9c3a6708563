"""Pictures of images decoded from codes between those of two images."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_cae.drawing.image_grid import ImageGrid, draw_image_grid
from keras_cae.drawing.thumbnails import SMALL

MIN_ANGLE = 1e-4
"""In radians. For angles closer than this to 0 or π, an arc is not well defined in float32."""


def draw_latent_interpolation(
    decode: Callable[[np.ndarray], Any],
    images: np.ndarray,
    codes: np.ndarray,
    pairs: Sequence[tuple[int, int]],
    steps: int,
    center: np.ndarray,
) -> np.ndarray:
    """Draw two rows for each pair of images, interpolated along the straight line and along the arc.

    The arguments are those of `interpolation_grid`.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    return draw_image_grid(*interpolation_grid(decode, images, codes, pairs, steps, center))


def interpolation_grid(
    decode: Callable[[np.ndarray], Any],
    images: np.ndarray,
    codes: np.ndarray,
    pairs: Sequence[tuple[int, int]],
    steps: int,
    center: np.ndarray | None,
) -> ImageGrid:
    """Return two rows for each pair of images, interpolated along the straight line and along the arc.

    Args:
        decode: the function from codes `(n, latent_dim)` to images.
        images: floats `(n, *spatial, channels)`, from 0 to 1 for images and volumes. Those of a pair are at the ends
            of its rows.
        codes: the codes of the images, `(n, latent_dim)`.
        pairs: the indices of the two images of each pair.
        steps: the number of decoded images in a row, including those of the images' own codes.
        center: the centre of the arcs, `(latent_dim,)`; None for straight lines only.
    """
    fractions = np.linspace(0.0, 1.0, steps, dtype="float32")
    paths: dict[str, np.ndarray] = {}
    for number, (i, j) in enumerate(pairs, start=1):
        paths[f"straight {number}"] = straight_line(codes[i], codes[j], fractions)
        if center is not None:
            paths[f"arc {number}"] = arc(codes[i], codes[j], fractions, center)
    decoded = np.asarray(decode(np.concatenate(list(paths.values()))))
    decoded = decoded.reshape(len(paths), steps, *decoded.shape[1:])
    rows = {}
    for index, (name, path) in enumerate(zip(paths, decoded, strict=True)):
        first, last = pairs[index * len(pairs) // len(paths)]
        rows[name] = np.concatenate([images[first : first + 1], path, images[last : last + 1]])
    return ImageGrid(rows, min_side=SMALL)


def straight_line(first: np.ndarray, last: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Return codes on the straight line between two codes, at fractions from 0 to 1."""
    return first + fractions[:, None] * (last - first)


def arc(first: np.ndarray, last: np.ndarray, fractions: np.ndarray, center: np.ndarray) -> np.ndarray:
    """Return codes on the arc around a centre between two codes, at fractions from 0 to 1.

    If the codes lie in the same or in opposite directions, there is no unique arc, and the straight line is used.
    """
    one, other = first - center, last - center
    norms = np.linalg.norm(one) * np.linalg.norm(other)
    angle = np.arccos(np.clip(one @ other / norms, -1, 1)) if norms > 0 else 0.0
    if not MIN_ANGLE < angle < np.pi - MIN_ANGLE:
        return straight_line(first, last, fractions)
    weights = np.sin([(1 - fractions) * angle, fractions * angle]) / np.sin(angle)
    return (center + weights.T @ np.stack([one, other])).astype("float32")
