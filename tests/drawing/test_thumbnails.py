"""The size and the colours of thumbnails."""

import numpy as np
import pytest
from pixels import random_images
from skimage.color import rgb2lab

from keras_cae.drawing.colormap import apply_colormap, colormap
from keras_cae.drawing.thumbnails import heatmaps, index_maps, thumbnails


@pytest.mark.parametrize(
    ("size", "shown"),
    [((8, 8), (64, 64)), ((28, 28), (84, 84)), ((9, 14), (45, 70)), ((64, 3), (64, 3)), ((1, 1), (64, 64))],
)
def test_small_images_are_enlarged_by_whole_factors(size, shown):
    images = random_images(2, *size, 1)
    factor = shown[0] // size[0]
    expected = np.rint(images * 255).astype("uint8").repeat(factor, axis=1).repeat(factor, axis=2).repeat(3, axis=3)
    assert expected.shape[1:3] == shown
    np.testing.assert_array_equal(thumbnails(images), expected)


def test_large_images_are_shrunk_by_averaging():
    images = random_images(1, 513, 514, 3)
    tiles = thumbnails(images)
    assert tiles.shape == (1, 171, 172, 3)
    np.testing.assert_allclose(tiles[0, 0, 0], images[0, :3, :3].mean(axis=(0, 1)) * 255, atol=0.51)
    np.testing.assert_allclose(tiles[0, -1, -1], images[0, -3:, -1:].mean(axis=(0, 1)) * 255, atol=0.51)


def test_two_channels_are_shown_by_their_mean_and_five_by_the_first_three():
    two, five = random_images(1, 64, 64, 2), random_images(1, 64, 64, 5)
    mean = two.mean(axis=-1, keepdims=True)
    np.testing.assert_array_equal(thumbnails(two), thumbnails(mean))
    np.testing.assert_array_equal(thumbnails(five), thumbnails(five[..., :3]))


def test_the_fourth_channel_is_opacity_over_a_checkerboard():
    images = random_images(1, 64, 64, 4)
    images[0, :32, :, 3], images[0, 32:, :, 3] = 1, 0
    tile = thumbnails(images)[0]
    np.testing.assert_array_equal(tile[:32], thumbnails(images[..., :3])[0, :32])
    assert set(np.unique(tile[32:])) == {217, 255}
    assert (tile[40:48, 0:8] != tile[40:48, 8:16]).all()


def test_values_that_no_screen_has():
    images = np.array([-1.0, 2.0, np.nan, np.inf]).reshape(4, 1, 1, 1)
    assert thumbnails(images)[:, 0, 0, 0].tolist() == [0, 255, 0, 255]


# Colours


def test_colors_become_lighter_evenly():
    lightness = rgb2lab(colormap()[None])[0, :, 0]
    assert lightness[0] < 5
    assert lightness[-1] > 90
    assert (np.diff(lightness[::4]) > 0).all()
    middle = lightness[[64, 128, 192]]
    np.testing.assert_allclose(np.diff(middle), np.diff(middle).mean(), rtol=0.15)


def test_colors_beyond_the_scale():
    table = colormap()
    values = np.array([-1.0, 0.0, 1.0, 7.0, np.nan, np.inf])
    np.testing.assert_array_equal(apply_colormap(values), table[[0, 0, 255, 255, 255, 255]])
    assert heatmaps(np.zeros((2, 8, 9))).shape == (2, 64, 72, 3)


def test_codebook_indices_have_colors_of_their_own():
    tiles = index_maps(np.arange(64).reshape(1, 8, 8))
    assert len(np.unique(tiles.reshape(-1, 3), axis=0)) == 64
    assert np.abs(np.diff(tiles[0, 0, ::8].astype(int), axis=0)).sum(axis=-1).min() > 30
