"""Specific properties of the structural similarity."""

import functools

import numpy as np
import pytest

import keras_cae
from keras_cae.similarity import gaussian_window


def ssim_of(y_true, y_pred):
    metric = keras_cae.metrics.SSIM()
    metric.update_state(y_true, y_pred)
    return float(metric.result())


def naive_ssim(x, y, sizes):
    """The definition by windows, for one channel and any number of axes."""
    window = functools.reduce(np.multiply.outer, [np.exp(-0.5 * ((np.arange(n) - n // 2) / 1.5) ** 2) for n in sizes])
    window /= window.sum()
    values = []
    for start in np.ndindex(*(side - size + 1 for side, size in zip(x.shape, sizes, strict=True))):
        inside = tuple(slice(first, first + size) for first, size in zip(start, sizes, strict=True))
        a, b = x[inside], y[inside]
        mean_a, mean_b = (window * a).sum(), (window * b).sum()
        variances = (window * (a - mean_a) ** 2).sum() + (window * (b - mean_b) ** 2).sum()
        covariance = (window * (a - mean_a) * (b - mean_b)).sum()
        luminance = (2 * mean_a * mean_b + 0.01**2) / (mean_a**2 + mean_b**2 + 0.01**2)
        values.append(luminance * (2 * covariance + 0.03**2) / (variances + 0.03**2))
    return np.mean(values)


@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((11, 12), (11, 11)),
        ((10, 12), (9, 11)),
        ((12, 8), (11, 7)),
        ((2, 5), (1, 5)),
        ((1, 1), (1, 1)),
        ((13,), (11,)),
        ((6,), (5,)),
        ((12, 13, 11), (11, 11, 11)),
        ((3, 12, 6), (3, 11, 5)),
        ((1, 12, 11), (1, 11, 11)),
    ],
)
def test_along_short_axes_the_window_has_the_largest_odd_size_that_fits(shape, window):
    x, y = np.random.default_rng(0).random((2, *shape))
    expected = naive_ssim(x, y, window)
    assert ssim_of(x[None, ..., None], y[None, ..., None]) == pytest.approx(expected, abs=1e-4)


def test_identical_images_have_1():
    images = np.random.default_rng(0).random((2, 13, 12, 3))
    assert ssim_of(images, images) == pytest.approx(1, abs=1e-6)


def test_flat_images_of_equal_brightness_have_1():
    images = np.full((1, 12, 12, 1), 0.7)
    assert ssim_of(images, images) == pytest.approx(1, abs=1e-6)


def test_negatives_are_below_zero():
    images = np.random.default_rng(0).random((1, 16, 16, 1))
    assert ssim_of(images, 1 - images) < -0.5


def test_it_is_symmetric():
    x, y = np.random.default_rng(0).random((2, 1, 13, 12, 3))
    assert ssim_of(x, y) == pytest.approx(ssim_of(y, x), abs=1e-6)


@pytest.mark.parametrize("size", [1, 3, 11])
def test_window_weights(size):
    window = np.asarray(gaussian_window(size))
    assert window.shape == (size,)
    assert window.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(window, window[::-1])
    if size > 1:
        assert window[size // 2] / window[size // 2 - 1] == pytest.approx(np.exp(1 / (2 * 1.5**2)), rel=1e-5)
