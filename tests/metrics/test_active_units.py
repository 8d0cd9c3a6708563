"""The number of active latent dimensions."""

import numpy as np
import pytest

from keras_cae.metrics import ActiveUnits


def test_dimensions_whose_variance_exceeds_the_threshold():
    codes = np.random.default_rng(0).normal(size=(500, 4)) * [1.0, 0.2, 0.05, 0.0] + [0, 5, 0, 3]
    metric = ActiveUnits(4)
    for start in range(0, 500, 64):
        metric.update_state(codes[start : start + 64])
    assert metric.result() == (codes.var(axis=0) > 0.01).sum() == 2
    metric.reset_state()
    assert np.isnan(metric.result())


def test_threshold():
    codes = np.array([[1.0, 3.0], [-1.0, -3.0]])  # variances 1 and 9
    for threshold, expected in ((0.5, 2), (2.0, 1), (10.0, 0)):
        metric = ActiveUnits(2, threshold)
        metric.update_state(codes)
        assert metric.result() == expected


def test_weights_of_images():
    metric = ActiveUnits(1)
    metric.update_state(np.array([[0.0], [0.0], [9.0]]), sample_weight=np.array([1.0, 2.0, 0.0]))
    assert metric.result() == 0


@pytest.mark.parametrize(("argument", "value"), [("latent_dim", 0), ("threshold", 0.0)])
def test_arguments_are_checked(argument, value):
    with pytest.raises(ValueError, match=argument):
        ActiveUnits(**{"latent_dim": 2, argument: value})
