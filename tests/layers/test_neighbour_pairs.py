"""Pairs of half-size images of neighbouring pixels."""

import keras
import numpy as np
import pytest

from keras_cae.training.neighbour_pairs import choose_neighbours, subsample


@pytest.mark.parametrize("sides", [(9,), (6, 7), (4, 5, 6)])
def test_the_two_pixels_of_a_cell_are_neighbours(sides):
    places = np.stack(np.meshgrid(*map(np.arange, sides), indexing="ij"), axis=-1).astype("float32")
    images = np.stack([places] * 30)
    pair = choose_neighbours(keras.ops.convert_to_tensor(images), keras.random.SeedGenerator(1))
    first, second = (np.asarray(subsample(images, part)) for part in pair)
    halves = tuple(side // 2 for side in sides)
    assert first.shape == second.shape == (30, *halves, len(sides))
    cells = np.stack(np.meshgrid(*map(np.arange, halves), indexing="ij"), axis=-1)
    assert (first // 2 == cells).all()
    assert (second // 2 == cells).all()
    assert (np.abs(first - second).sum(axis=-1) == 1).all()
    assert len(np.unique((first - second).reshape(-1, len(sides)), axis=0)) == 2 * len(sides)
