"""Blur pooling: its weights, and its robustness to shifts by one pixel."""

import numpy as np
import pytest

from keras_cae.layers.blur_pooling import BlurPooling


def test_each_value_is_a_weighted_mean_of_three():
    signal = np.random.default_rng(0).random((2, 8, 3), dtype="float32")
    padded = np.concatenate([signal[:, :1], signal], axis=1)
    expected = (padded[:, :-2:2] + 2 * padded[:, 1:-1:2] + padded[:, 2::2]) / 4
    np.testing.assert_allclose(BlurPooling(2)(signal), expected, rtol=1e-5)


@pytest.mark.parametrize("strides", [(1, 2), (3, 2), (2, 1)])
def test_constants_stay_and_strides_are_of_axes(strides):
    images = np.full((1, 6, 12, 2), 0.7, "float32")
    pooled = BlurPooling(strides)(images)
    assert pooled.shape == (1, 6 // strides[0], 12 // strides[1], 2)
    np.testing.assert_allclose(pooled, 0.7, rtol=1e-5)


def test_the_finest_pattern_is_blurred_away():
    stripes = (np.arange(16) % 2).astype("float32").reshape(1, 16, 1)
    np.testing.assert_allclose(BlurPooling(2)(stripes)[0, 1:], 0.5)
