"""Rows of pictures without text."""

import numpy as np
from pixels import position, random_images

from keras_cae.drawing.mosaic import mosaic, tiled


def test_pictures_stand_in_the_middle_of_their_rows_and_columns():
    pictures = [(random_images(count, *size, 3) * 255).astype("uint8") for count, size in ((3, (9, 14)), (2, (5, 8)))]
    laid_out = mosaic(pictures, [13, 19], 3, 20)
    assert laid_out.picture.shape == (32, 60, 3)
    assert (laid_out.rows, laid_out.columns) == ([6.5, 22.5], [10.0, 30.0, 50.0])
    for row, middle in zip(pictures, laid_out.rows, strict=True):
        for picture, center in zip(row, laid_out.columns, strict=False):
            top, left = position(laid_out.picture, picture)
            assert abs(top + picture.shape[0] / 2 - middle) <= 1
            assert abs(left + picture.shape[1] / 2 - center) <= 1
            frame = laid_out.picture[top - 1 : top + picture.shape[0] + 1, left - 1]
            assert (frame == 208).all(), "a frame shows where white pictures end"
    assert (laid_out.picture[13:, 40:] == 255).all(), "the last column of the shorter row is empty"


def test_tiles_stand_edge_to_edge():
    pictures = np.arange(6 * 2 * 3 * 3, dtype="uint8").reshape(6, 2, 3, 3)
    picture = tiled(pictures, 3)
    assert picture.shape == (4, 9, 3)
    np.testing.assert_array_equal(picture[2:, 3:6], pictures[4])
