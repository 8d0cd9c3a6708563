"""Random images, and where a picture shows them."""

import numpy as np


def random_images(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def positions(picture, tile):
    """Where in a picture a tile is: `(top, left)` of every place."""
    height, width = tile.shape[:2]
    beginnings = np.argwhere((picture == tile[0, 0]).all(axis=-1))
    return [
        (top, left)
        for top, left in beginnings
        if np.array_equal(picture[top : top + height, left : left + width], tile)
    ]


def position(picture, tile):
    """The same, where there is one place."""
    (place,) = positions(picture, tile)
    return place
