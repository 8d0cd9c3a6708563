"""The division of an image into tiles."""

import warnings
from typing import Any

import numpy as np

from keras_cae.kinds import KINDS
from keras_cae.ranks import size_in_words
from keras_cae.tiling.field import Reach
from keras_cae.tiling.image_reader import ImageReader
from keras_cae.tiling.task import Encoding, Task, quantizes
from keras_cae.tiling.tile_axis import TileAxis
from keras_cae.validation import per_axis, positive_int_or_ints

DEFAULT_TILES = {1: 32768, 2: 512, 3: 64}
"""The default side of a tile by rank, which is larger if the overlap requires it."""
Sides = tuple[int, ...]


def axes_of(task: Task, reader: ImageReader, tile: Any, overlap: Any) -> list[TileAxis]:
    """Return the tiles along each axis of an image.

    Args:
        task: the computation. Its autoencoder is built if necessary.
        reader: the image.
        tile: as in `predict_tiled`.
        overlap: as in `predict_tiled`.

    Raises:
        ValueError: the tile and the overlap do not fit the model or each other.
    """
    autoencoder = task.autoencoder
    rank = autoencoder.rank
    tiles = None if tile is None else per_axis(positive_int_or_ints(tile, "tile"), rank, "tile")
    overlaps = None if overlap is None else per_axis(_overlap_rule(overlap), rank, "overlap")
    if not autoencoder.built:
        autoencoder.build((None, *(tiles or reader.size), reader.channels))
    autoencoder._gate.check_shape((None, *(task.fixed_size or reader.size), reader.channels))
    cells = task.cells
    if task.fixed_size is not None:
        return _axes_of_fixed_size(task, reader, tiles, overlaps)
    periods = task.periods or (1,) * rank
    _check_tiles(tiles, periods, task)
    if tiles is not None and overlaps is not None:
        _check_overlaps(overlaps, tiles, periods)
    reaches: tuple[Reach | None, ...] = (None,) * rank
    if all(size <= side for size, side in zip(reader.size, tiles or (DEFAULT_TILES[rank],) * rank, strict=True)):
        tiles, overlaps = reader.size, (0,) * rank  # A single tile needs no receptive field.
    else:
        tiles, overlaps = _sides(task, reader, tiles, overlaps, periods)
        reaches = task.reaches or reaches
    # Codebook indices can't be averaged.
    blends = not (isinstance(task, Encoding) and quantizes(autoencoder))
    return [
        TileAxis(reader.size[axis], tiles[axis], overlaps[axis], periods[axis], cells[axis], reaches[axis], blends)
        for axis in range(rank)
    ]


def _axes_of_fixed_size(task: Task, reader: ImageReader, tiles: Any, overlaps: Any) -> list[TileAxis]:
    """Return the tiles for a model of images of a fixed size."""
    own = task.fixed_size
    assert own is not None
    if tiles is not None and tiles != own:
        raise ValueError(
            f"tile must be the size that this {type(task.autoencoder).__name__} was built for, {own}, or omitted, "
            f"got {tiles}. A model with latent_dim=None accepts tiles of any size."
        )
    overlaps = overlaps or tuple(side // 2 for side in own)
    _check_overlaps(overlaps, own, (1,) * len(own))
    parts = zip(reader.size, own, overlaps, strict=True)
    return [TileAxis(size, side, overlap, period=1, cell=1) for size, side, overlap in parts]


def _sides(task: Task, reader: ImageReader, tiles: Any, overlaps: Any, periods: Sides) -> tuple[Sides, Sides]:
    """Return the sides and the overlaps of the tiles; those that were not given are derived from the network."""
    default = tiles or (DEFAULT_TILES[len(periods)],) * len(periods)
    if overlaps is None:
        overlaps = _default_overlaps(task, default, periods)
    if tiles is None:
        roomy = [2 * overlap + period for overlap, period in zip(overlaps, periods, strict=True)]
        return tuple(max(pair) for pair in zip(default, roomy, strict=True)), overlaps
    larger = tuple(
        side if side - overlap >= period else side + overlap
        for side, overlap, period in zip(tiles, overlaps, periods, strict=True)
    )
    if any(side < min(more, size) for side, more, size in zip(tiles, larger, reader.size, strict=True)):
        warnings.warn(
            f"Tiles of {size_in_words(tiles)} {KINDS[len(tiles)].points} are too small for the overlap that this model "
            f"needs, {size_in_words(overlaps)} (see keras_cae.tiling.receptive_field), so tiles of "
            f"{size_in_words(larger)} are used. Pass a larger tile, or a smaller overlap, with which tiles are not "
            "exact.",
            stacklevel=5,
        )
    return larger, overlaps


def _default_overlaps(task: Task, tiles: Sides, periods: Sides) -> Sides:
    """Return the receptive field; if it would not make tiles exact, return an overlap that the tiles have room for."""
    if task.reaches is not None and task.is_exact:
        return tuple(reach.extent for reach in task.reaches)
    if task.problem is not None:
        raise task.problem
    wanted = [side // 4 for side in tiles]
    if task.reaches is not None:
        wanted = [min(2 * reach.extent, side // 2) for reach, side in zip(task.reaches, tiles, strict=True)]
    return tuple(min(each, side - period) for each, side, period in zip(wanted, tiles, periods, strict=True))


def _overlap_rule(value: Any) -> int | Sides:
    values = value if isinstance(value, list | tuple) else (value,)
    if not values or any(isinstance(v, bool) or not isinstance(v, int | np.integer) or v < 0 for v in values):
        raise ValueError(f"overlap must be an integer, zero or above, or one for each axis, got {value!r}.")
    return tuple(int(each) for each in values) if isinstance(value, list | tuple) else int(value)


def _check_tiles(tiles: Sides | None, periods: Sides, task: Task) -> None:
    if tiles is not None and any(side < period for side, period in zip(tiles, periods, strict=True)):
        raise ValueError(
            f"tile must be at least as large as the downsampling of this {type(task.autoencoder).__name__}, {periods}, "
            f"got {tiles}."
        )


def _check_overlaps(overlaps: Sides, tiles: Sides, periods: Sides) -> None:
    for overlap, side, period in zip(overlaps, tiles, periods, strict=True):
        if side - overlap < period:
            multiple = f", because the distance of tiles is a multiple of {period}" if period > 1 else ""
            raise ValueError(
                f"overlap must be at most {side - period} for tiles with a side of {side}{multiple}, got {overlap}. "
                "Use a smaller overlap or a larger tile."
            )
