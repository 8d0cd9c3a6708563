"""Specific properties of the peak signal-to-noise ratio."""

import numpy as np
import pytest

import keras_cae


def psnr_of(y_true, y_pred, **kwargs):
    metric = keras_cae.metrics.PSNR(**kwargs)
    metric.update_state(y_true, y_pred)
    return float(metric.result())


@pytest.mark.parametrize(("error", "decibels"), [(1.0, 0.0), (0.1, 20.0), (0.001, 60.0)])
def test_a_constant_error(error, decibels):
    images = np.zeros((2, 5, 7, 3))
    assert psnr_of(images, images + error) == pytest.approx(decibels, abs=1e-4)


@pytest.mark.parametrize("max_value", [1.0, 255.0])
def test_identical_images_have_100_decibels(max_value):
    images = np.random.default_rng(0).random((2, 5, 7, 3)) * max_value
    assert psnr_of(images, images, max_value=max_value) == pytest.approx(100)


def test_ratios_of_images_are_averaged_rather_than_errors():
    images = np.zeros((2, 5, 7, 1))
    errors = np.array([0.1, 0.001]).reshape(2, 1, 1, 1)
    assert psnr_of(images, images + errors) == pytest.approx((20 + 60) / 2, abs=1e-4)
