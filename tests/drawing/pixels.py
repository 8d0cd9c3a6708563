"""Random images, and their positions in a picture."""

import numpy as np


def random_images(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def positions(picture, tile):
    """The positions `(top, left)` of a tile in a picture."""
    height, width = tile.shape[:2]
    colors, of_tile = (each.astype("int64") @ [65536, 256, 1] for each in (picture, tile))
    known, counts = np.unique(colors, return_counts=True)
    # Search for the pixel of the tile whose colour is the rarest in the picture.
    index = np.minimum(np.searchsorted(known, of_tile), len(known) - 1)
    frequency = np.where(known[index] == of_tile, counts[index], 0)
    row, column = np.unravel_index(frequency.argmin(), frequency.shape)
    beginnings = np.argwhere(colors == of_tile[row, column]) - (row, column)
    return [
        (top, left)
        for top, left in beginnings.tolist()
        if min(top, left) >= 0 and np.array_equal(picture[top : top + height, left : left + width], tile)
    ]


def position(picture, tile):
    """The position of a tile that occurs once."""
    (place,) = positions(picture, tile)
    return place
