"""The positions and weights of tiles."""

import itertools

import numpy as np
import pytest

from keras_cae.tiling.field import Reach
from keras_cae.tiling.tile_axis import TileAxis


@pytest.mark.parametrize("reach", [None, Reach(0, 0), Reach(3, 6), Reach(20, 20)])
@pytest.mark.parametrize("blends", [True, False])
def test_weights_add_up_to_one_and_tiles_lie_on_the_grid(reach, blends):
    generator = np.random.default_rng(0)
    for _ in range(200):
        period = int(generator.integers(1, 9))
        cell = period if generator.random() < 0.5 else 1
        size, tile = int(generator.integers(1, 300)), int(generator.integers(2 * period, 60))
        overlap = int(generator.integers(0, tile - period + 1))
        axis = TileAxis(size, tile, overlap, period, cell, reach, blends)
        total = np.zeros(axis.cells)
        for index, start in enumerate(axis.starts):
            weights = axis.weights(index)
            assert (weights >= 0).all()
            assert blends or set(weights.tolist()) <= {0.0, 1.0}
            total[axis.outputs(index)] += weights
            assert start % period == 0
        np.testing.assert_allclose(total, 1, atol=1e-6)
        pixels = [axis.pixels(index) for index in range(len(axis.starts))]
        assert (pixels[0].start, pixels[-1].stop) == (0, size)
        assert {part.stop - part.start for part in pixels} == {min(size, axis.tile)}
        assert axis.tile < tile + period
        assert all(after.start <= before.stop - overlap for before, after in itertools.pairwise(pixels))


@pytest.mark.parametrize("cell", [1, 4])
def test_only_outputs_count_whose_pixels_are_all_there(cell):
    reach = Reach(5, 9)
    axis = TileAxis(203, 40, 15, 4, cell, reach)
    for index in range(len(axis.starts)):
        pixels, outputs = axis.pixels(index), axis.outputs(index)
        for output, weight in zip(range(outputs.start, outputs.stop), axis.weights(index), strict=True):
            first, last = max(0, output * cell - 5), min(202, output * cell + 9)
            assert not weight or (pixels.start <= first and last < pixels.stop)
