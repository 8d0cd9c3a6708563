"""The codes that traversals and interpolations decode."""

import numpy as np

from keras_cae.drawing.latent_interpolation import arc, straight_line
from keras_cae.drawing.latent_traversal import traversal_codes


def test_traversed_codes():
    codes = traversal_codes(np.array([1.0, 2.0, 3.0]), np.array([1]), np.array([-1.0, 1.0]), np.array([9, 0.5, 9]))
    np.testing.assert_array_equal(codes, [[1, 1.5, 3], [1, 2.5, 3]])


def test_an_arc_has_even_steps_on_the_circle():
    center = np.array([1.0, -2.0, 0.5])
    parts = np.linspace(0, 1, 5)
    one, other = center + np.eye(3)[:2] * 2
    codes = arc(one, other, parts, center) - center
    angles = parts * np.pi / 2
    expected = np.stack([2 * np.cos(angles), 2 * np.sin(angles), 0 * angles], axis=-1)
    np.testing.assert_allclose(codes, expected, atol=1e-6)
    middle = straight_line(one, other, np.array([0.5]))[0]
    np.testing.assert_allclose(middle, (one + other) / 2)


def test_arcs_that_do_not_exist_are_straight():
    parts, zero = np.array([0.0, 0.5, 1.0]), np.zeros(2)
    for one, other in (([1, 1], [3, 3]), ([1, 1], [-2, -2]), ([0, 0], [1, 2]), ([1, 1], [1, 1])):
        one, other = np.array(one, float), np.array(other, float)
        np.testing.assert_allclose(arc(one, other, parts, zero), straight_line(one, other, parts))
