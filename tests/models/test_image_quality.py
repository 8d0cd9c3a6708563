"""The error of each image is that of its reconstruction, for all kinds of data."""

import numpy as np
import pytest
import tensorflow as tf
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from keras_cae.models import BasicCAE, DenoisingCAE


@pytest.fixture(scope="module")
def model():
    model = BasicCAE(3, filters=(2, 4))
    model.build((None, 13, 16, 2))
    return model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 13, 16, 2), dtype="uint8")


def test_values_of_each_image(model, images):
    table = model.evaluate_images(images, batch_size=2)
    assert list(table) == ["mse", "psnr", "ssim"]
    outputs = model.predict(images, verbose=0)
    for i, (image, output) in enumerate(zip(images / 255, outputs.astype("float64"), strict=True)):
        assert table["mse"][i] == pytest.approx(np.mean((image - output) ** 2), rel=1e-4)
        assert table["psnr"][i] == pytest.approx(peak_signal_noise_ratio(image, output, data_range=1), abs=1e-3)
        expected = structural_similarity(
            image, output, data_range=1, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert table["ssim"][i] == pytest.approx(expected, abs=1e-3)


def test_datasets(model, images):
    expected = model.evaluate_images(images)
    found = model.evaluate_images(tf.data.Dataset.from_tensor_slices(images).batch(2))
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5)


def test_targets_and_other_units(images):
    model = DenoisingCAE(filters=(2, 4))
    clean = images.astype("float32")[:3] / 255
    model.build(clean.shape)
    outputs = model.predict(clean, verbose=0)
    assert np.all(model.evaluate_images(clean, outputs)["mse"] < 1e-10)
    as_it_is, scaled = model.evaluate_images(clean, clean), model.evaluate_images(clean, clean, max_value=10)
    np.testing.assert_allclose(scaled["mse"], as_it_is["mse"], rtol=1e-4)
    np.testing.assert_allclose(scaled["psnr"], as_it_is["psnr"] + 20, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 9, 9, 2)),), "images"),
        ((np.full((2, 13, 16, 2), np.nan),), "NaN"),
        ((np.zeros((2, 13, 16, 2)), np.zeros((3, 13, 16, 2))), "2 images and 3 images"),
        ((np.zeros((2, 13, 16, 2)), [1]), "2 images and a list"),
        ((np.zeros((2, 13, 16, 2)), np.zeros((2, 13, 16, 1))), "same shape"),
        ((np.zeros((0, 13, 16, 2)),), "at least one image"),
    ],
)
def test_what_is_refused(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        model.evaluate_images(*arguments)
