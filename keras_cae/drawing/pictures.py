"""Pictures of signals, images and volumes. Only this module treats them differently when batches are drawn."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from keras_cae.drawing.colormap import apply_colormap
from keras_cae.drawing.signal_curves import color_of, curve_pictures, label_width, limits_of
from keras_cae.drawing.thumbnails import MEDIUM, heatmaps, index_colors, index_maps, thumbnails
from keras_cae.drawing.volume_slices import slice_images
from keras_cae.kinds import rank_of

SIGNALS, VOLUMES = 1, 3
MAX_ERROR = 0.5
"""The error at the end of the scale, as a fraction of the range of values. It is fixed, so that pictures of different
epochs are comparable."""
OWN_LIMITS = ("anomaly map", "defect", "hidden")
"""The rows of signals whose values have another unit, and therefore other limits."""
STRIP_WIDTH, STRIP_HEIGHT = 200, 16
"""The size of the strip of codebook indices of a signal, in pixels."""


class PictureRow(NamedTuple):
    """A row of pictures, one for each example.

    `names` are the names at the left, with the colour of each. For error maps, `scale` is the value of the last colour,
    for a colour bar.
    """

    names: Mapping[str, str]
    pictures: np.ndarray
    scale: float | None = None


def picture_rows(
    rows: Mapping[str, np.ndarray], error: np.ndarray | None = None, min_side: int = MEDIUM
) -> list[PictureRow]:
    """Convert batches of any rank to rows of pictures.

    Images become `thumbnails`. For volumes, the middle slice along each axis is shown. Signals become curves with the
    same axes. If there is an error, all rows of signals are drawn over each other, with the error below.

    Args:
        rows: floats `(n, *spatial, channels)` of each row, by its name.
        error: absolute errors `(n, *spatial)`, for a row "error" on a fixed scale.
        min_side: the minimum of the longer side of an image in the picture, in pixels.
    """
    if all(rank_of(batch) == SIGNALS for batch in rows.values()):
        limits = _common_limits(rows)
        if error is not None:
            return _overlaid(rows, error, limits, min_side)
        of_rows = {name: _own_limits(batch) if name in OWN_LIMITS else limits for name, batch in rows.items()}
        labels = max(label_width(each, min_side) for each in of_rows.values())
        return [
            _row(name, curve_pictures({name: batch}, of_rows[name], min_side, labels)) for name, batch in rows.items()
        ]
    made = [_row(name, pictures(batch, min_side)) for name, batch in rows.items()]
    if error is not None:
        made.append(PictureRow({"error": "black"}, _error_maps(error / MAX_ERROR, min_side), MAX_ERROR))
    return made


def _overlaid(rows: Mapping[str, np.ndarray], error: np.ndarray, limits: np.ndarray, min_side: int) -> list[PictureRow]:
    """Draw signals over each other and their error, `(n, length)`, below, in aligned panels."""
    of_error = np.array([[0.0, MAX_ERROR * float(np.ptp(limits, axis=1).max())]])
    labels = max(label_width(limits, min_side), label_width(of_error, min_side))
    drawn = {
        "signals": curve_pictures(rows, limits, min_side, labels),
        "error": curve_pictures({"error": error[..., None]}, of_error, min_side, labels),
    }
    return [
        PictureRow({name: color_of(name) for name in rows}, drawn["signals"]),
        PictureRow({"error": color_of("error")}, drawn["error"]),
    ]


def pictures(batch: np.ndarray, min_side: int = MEDIUM) -> np.ndarray:
    """Return the picture of each example of a batch `(n, *spatial, channels)`: `(n, height, width, 3)` uint8."""
    if rank_of(batch) == SIGNALS:
        return curve_pictures({"": batch}, limits_of(batch), min_side)
    if rank_of(batch) == VOLUMES:
        return thumbnails(slice_images(batch), 2 * min_side)
    return thumbnails(batch, min_side)


def index_pictures(indices: np.ndarray, min_side: int = MEDIUM) -> np.ndarray:
    """Return maps of codebook indices, `(n, *spatial)`, as pictures with a different colour for each index."""
    if indices.ndim - 1 == SIGNALS:
        wide = index_colors(indices).repeat(-(-STRIP_WIDTH // indices.shape[1]), axis=1)
        return wide[:, None].repeat(STRIP_HEIGHT, axis=1)
    if indices.ndim - 1 == VOLUMES:
        return pictures(index_colors(indices) / np.float32(255), min_side)
    return index_maps(indices, min_side)


def _row(name: str, of_examples: np.ndarray) -> PictureRow:
    return PictureRow({name: "black"}, of_examples)


def _own_limits(batch: np.ndarray) -> np.ndarray:
    """Return the limits of values with another unit than the signals. They include 0."""
    limits = limits_of(batch)
    limits[:, 0] = np.minimum(limits[:, 0], 0)
    return limits


def _common_limits(rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the limits of signals. If there is an input, they depend only on it, so that all epochs have the same."""
    if "input" in rows:
        low, high = limits_of(rows["input"]).T
        margin = 0.1 * (high - low)
        return np.stack([low - margin, high + margin], axis=1)
    return limits_of(*(batch for name, batch in rows.items() if name not in OWN_LIMITS))


def _error_maps(values: np.ndarray, min_side: int) -> np.ndarray:
    """Return errors from 0 to 1, `(n, *spatial)`, as pictures in the colours of the colormap."""
    if values.ndim - 1 == VOLUMES:
        return pictures(apply_colormap(values) / np.float32(255), min_side)
    return heatmaps(values, min_side)


def in_blocks(rows: Sequence[PictureRow], columns: int) -> list[list[PictureRow]]:
    """Split rows into blocks with a number of columns, to draw below each other."""
    count = max(len(row.pictures) for row in rows)
    return [
        [row._replace(pictures=row.pictures[start : start + columns]) for row in rows]
        for start in range(0, count, columns)
    ]
