"""Padding by reflection, compared with NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers.padding_to_multiple import PaddingToMultiple


@pytest.mark.parametrize("size", [(8, 16), (5, 8), (7, 9), (2, 3), (1, 2), (1, 1)])
def test_it_reflects(size):
    images = np.random.default_rng(0).random((2, *size, 3), dtype="float32")
    layer = PaddingToMultiple(8)
    missing = [-side % 8 for side in size]
    expected = images
    for axis, (side, more) in enumerate(zip(size, missing, strict=True), start=1):
        widths = [(0, more) if axis == number else (0, 0) for number in range(4)]
        expected = np.pad(expected, widths, mode="edge" if side == 1 else "reflect")
    np.testing.assert_array_equal(layer(images), expected)
    assert tuple(layer.compute_output_shape(images.shape)) == expected.shape
    free = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3))])
    np.testing.assert_array_equal(free(images), expected)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="multiple must be a positive integer, got 0"):
        PaddingToMultiple(0)
