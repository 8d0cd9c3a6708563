"""Rows of images with names, errors and captions."""

import numpy as np
import pytest
from pixels import position, positions, random_images

from keras_cae.drawing.colormap import colormap
from keras_cae.drawing.image_grid import MAX_ERROR, draw_image_grid
from keras_cae.drawing.thumbnails import thumbnails


def has_ink(area):
    return area.min() < 100


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_rows_and_columns(channels):
    rows = {name: random_images(3, 9, 14, channels, seed=seed) for seed, name in enumerate(("a", "b", "c"))}
    picture = draw_image_grid(rows)
    assert picture.dtype == "uint8"
    assert picture.shape[2] == 3
    places = np.array([[position(picture, tile) for tile in thumbnails(row)] for row in rows.values()])
    assert (np.diff(places[..., 0], axis=0) >= 9 * 5).all(), "rows come from top to bottom"
    assert (np.diff(places[..., 1], axis=1) >= 14 * 5).all(), "columns come from left to right"
    assert np.ptp(places[..., 0], axis=1).max() == 0
    assert np.ptp(places[..., 1], axis=0).max() == 0


def test_rows_have_their_names_at_the_left():
    images = random_images(2, 8, 8, 1)
    picture = draw_image_grid({"input": images, "": images[::-1]})
    tile = thumbnails(images)[0]
    (first_top, left), (second_top, _) = positions(picture, tile)
    assert has_ink(picture[first_top : first_top + 64, : left - 1])
    assert not has_ink(picture[second_top : second_top + 64, : left - 1])


def test_captions_stand_below_their_images():
    images = random_images(2, 8, 8, 1)
    plain = draw_image_grid({"input": images})
    picture = draw_image_grid({"input": images}, captions={"dB": ["", "12.3"]})
    top, left = position(picture, thumbnails(images)[1])
    assert picture.shape[0] > plain.shape[0]
    captions = picture[top + 65 :]
    assert has_ink(captions[:, left : left + 64])
    assert not has_ink(captions[:, left - 64 : left])
    assert has_ink(captions[:, : left - 72])


def test_errors_are_drawn_in_colors_of_a_fixed_scale_with_its_key():
    images = random_images(1, 8, 8, 3)
    error = np.linspace(0, 2 * MAX_ERROR, 64).reshape(1, 8, 8)
    picture = draw_image_grid({"input": images}, error=error)
    table = colormap()
    expected = table[np.rint(np.clip(error[0] / MAX_ERROR, 0, 1) * 255).astype(int)]
    top, left = position(picture, expected.repeat(8, axis=0).repeat(8, axis=1))
    key = picture[top : top + 64, : left - 1].reshape(-1, 3)
    shown = [index for index, color in enumerate(table) if (key == color).all(axis=-1).any()]
    assert len(shown) > 25
    assert shown[0] < 10
    assert shown[-1] > 245


def test_rows_of_different_sizes():
    small, large = random_images(2, 4, 6, 1), random_images(2, 90, 150, 3)
    picture = draw_image_grid({"input": small, "reconstruction": large})
    places = [[position(picture, tile) for tile in thumbnails(row)] for row in (small, large)]
    centers = [[left + width // 2 for _, left in row] for row, width in zip(places, (66, 150), strict=True)]
    assert centers[0] == centers[1]


def test_many_columns_make_larger_text():
    images = random_images(8, 28, 28, 1)
    tile = thumbnails(images)[0]
    few, many = (draw_image_grid({"reconstruction": images[:count]}) for count in (1, 8))
    assert position(many, tile)[1] > 1.4 * position(few, tile)[1]
