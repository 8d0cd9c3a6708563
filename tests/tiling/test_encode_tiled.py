"""Tiled codes equal those of the whole image."""

import numpy as np
import pytest
from checks import check_docstring, slow_but
from tiled_models import built, calibrated, convolution, of_networks

from keras_cae import models
from keras_cae.tiling import encode_tiled, predict_tiled

SIZES = {1: (127, 2), 2: (67, 51, 1), 3: (61, 13, 26, 1)}
QUICK = [("basic of strides 3", 2), ("pooled", 1), ("quantized", 2)]
# `test_predict_tiled.py` compares whole models, including encoders, in all ranks.
ALL = [*QUICK, ("skips", 2), ("denoising", 3)]


def test_documented():
    check_docstring(encode_tiled)


@pytest.mark.parametrize("case", slow_but(QUICK, ALL), ids=str)
def test_every_architecture_and_rank(case):
    architecture, rank = case
    shape = SIZES[rank]
    model = built(architecture, rank, shape[-1])
    image = np.random.default_rng(0).random(shape, dtype="float32")
    progress = []
    codes = encode_tiled(model, image, tile=24, progress=lambda *numbers: progress.append(numbers))
    expected = model.encode(image[None])[0]
    assert codes.dtype == expected.dtype
    assert len(progress) > 2
    np.testing.assert_allclose(codes, expected, rtol=0, atol=1e-5)


def test_an_encoder_of_ones_own():
    model = of_networks(convolution(3, 5, strides=3, activation="relu"), convolution(1, 1))
    image = np.random.default_rng(0).random((76, 50, 1), dtype="float32")
    codes = encode_tiled(model, image, tile=20)
    np.testing.assert_allclose(codes, model.encode(image[None])[0], rtol=0, atol=1e-5)


def test_files_and_types(tmp_path):
    model = built("quantized", 1)
    signal = np.random.default_rng(0).random((90, 1), dtype="float32")
    codes = encode_tiled(model, signal, tile=20)
    stored = encode_tiled(model, signal, tile=20, out=tmp_path / "codes.npy", dtype="uint8")
    assert stored.dtype == np.uint8
    np.testing.assert_array_equal(stored, codes)
    np.testing.assert_allclose(model.decode(codes[None])[0][:90], predict_tiled(model, signal, tile=30), atol=1e-5)


def test_codes_that_are_no_maps():
    model = models.BasicCAE(latent_dim=2, filters=(2, 3))
    model.build((None, 8, 8, 1))
    image = np.zeros((20, 20, 1), "float32")
    with pytest.raises(ValueError, match=r"BasicCAE has codes of shape \(2,\) for images of \(8, 8, 1\)"):
        encode_tiled(model, image)
    with pytest.raises(TypeError, match=r"Pass detector\.autoencoder to encode_tiled"):
        encode_tiled(calibrated(model, "mse", (8, 8, 1)), image)
