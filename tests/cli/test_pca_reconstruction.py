"""The PCA baseline, and the measurement of reconstructions."""

import sys

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from keras_cae.cli import pca
from keras_cae.cli.comparison import CHUNK, measure
from keras_cae.cli.pca import PCAReconstruction

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 6, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("images", [IMAGES, (IMAGES / 255).astype("float32")])
def test_reconstructions_are_projections_on_singular_vectors(images):
    pixels = IMAGES.reshape(40, -1) / 255
    mean = pixels[:30].mean(axis=0)
    vectors = np.linalg.svd(pixels[:30] - mean, full_matrices=False)[2][:7]
    expected = mean + (pixels[30:] - mean) @ vectors.T @ vectors
    actual = PCAReconstruction(7).fit(images[:30]).reconstruct(images[30:])
    np.testing.assert_allclose(actual, expected.reshape(10, 6, 5, 3), atol=1e-5)


def test_no_more_components_than_images_or_pixels():
    assert PCAReconstruction(64).fit(IMAGES[:10]).components == 10
    baseline = PCAReconstruction(64).fit(IMAGES[..., :1])
    assert baseline.components == 30
    np.testing.assert_allclose(baseline.reconstruct(IMAGES[..., :1]), IMAGES[..., :1] / 255, atol=1e-5)


def test_of_many_large_images_an_even_part_is_used(monkeypatch):
    monkeypatch.setattr(pca, "LARGEST_SAMPLE", 15 * IMAGES[0].size)
    baseline = PCAReconstruction(4).fit(IMAGES)
    assert baseline.fitted_images == 14
    np.testing.assert_allclose(
        baseline.reconstruct(IMAGES), PCAReconstruction(4).fit(IMAGES[::3]).reconstruct(IMAGES), atol=1e-5
    )


def test_streamed_images_are_read_in_parts(monkeypatch):
    """Images of few patterns, whose components are the same for all parts."""
    patterns = np.random.default_rng(0).random((4, 6, 5, 3))
    shares = np.random.default_rng(1).dirichlet(np.ones(4), 40)
    images = np.rint(np.tensordot(shares, patterns, 1) * 255).astype(np.uint8)
    monkeypatch.setattr(pca, "STREAMED_AT_ONCE", 9 * images[0].size)
    sizes = []

    class Streamed:
        def __len__(self):
            return len(images)

        def __getitem__(self, rows):
            sizes.append(np.size(rows))
            return images[rows]

    baseline = PCAReconstruction(3).fit(Streamed())
    assert (baseline.fitted_images, sizes) == (40, [1, 10, 10, 10, 10])
    np.testing.assert_allclose(
        baseline.reconstruct(images), PCAReconstruction(3).fit(images).reconstruct(images), atol=4e-3
    )
    assert PCAReconstruction(64).fit(Streamed()).components == 40


def test_without_scikit_learn_the_baseline_says_so_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'the extra "cli".*pip install .*scikit-learn'):
        PCAReconstruction(4)


def test_measurements_are_means_over_all_images():
    images = np.random.default_rng(1).random((CHUNK + 3, 4, 5, 1)).astype("float32")
    noise = np.random.default_rng(2).normal(0, 0.1, images.shape).astype("float32")
    offsets = iter([noise[:CHUNK], noise[CHUNK:]])
    quality = measure(images, lambda chunk: chunk + next(offsets), lambda chunk: chunk)
    assert quality.mse == pytest.approx(np.mean(noise**2), rel=1e-4)
    expected = [
        peak_signal_noise_ratio(image, image + offset, data_range=1)
        for image, offset in zip(images, noise, strict=True)
    ]
    assert quality.psnr == pytest.approx(np.mean(expected), rel=1e-4)
    assert 0 < quality.ssim < 1


def test_integer_images_are_measured_on_the_scale_from_0_to_1():
    quality = measure(IMAGES, lambda chunk: chunk, lambda chunk: chunk / np.float32(255))
    assert quality.mse == pytest.approx(0, abs=1e-9)
    assert quality.ssim == pytest.approx(1, abs=1e-5)
