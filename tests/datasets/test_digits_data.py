"""scikit-learn's digits."""

import sys

import numpy as np
import pytest

from keras_cae.datasets import load_images


def test_the_digits_are_exact():
    from sklearn.datasets import load_digits

    data = load_images()
    assert data.name == "digits"
    assert data.images.dtype == np.float32
    np.testing.assert_array_equal(data.images[..., 0] * 16, load_digits().images)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'the extra "cli".*pip install .*scikit-learn'):
        load_images("digits")
