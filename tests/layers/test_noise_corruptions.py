"""The strength of noise, blur and compression, compared with closed forms and other libraries."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import ndimage, stats
from skimage.transform import downscale_local_mean

import keras_cae
from keras_cae.layers import Blur, Downsample, JPEGArtifacts, PoissonNoise, RandomGaussianNoise, SaltAndPepper

IMAGES = np.random.default_rng(0).uniform(0.2, 0.7, (6, 24, 31, 3)).astype("float32")
ALL = {
    "gaussian": lambda **more: RandomGaussianNoise(0.05, 0.2, seed=1, **more),
    "poisson": lambda **more: PoissonNoise((10, 50), seed=1, **more),
    "salt": lambda **more: SaltAndPepper(0.2, seed=1, **more),
    "blur": lambda **more: Blur((0.5, 1.5), seed=1, **more),
    "downsample": lambda **more: Downsample(3, **more),
    "jpeg": lambda **more: JPEGArtifacts((10, 50), seed=1, **more),
}
RANDOM = [name for name in ALL if name != "downsample"]
every = pytest.mark.parametrize("name", ALL)


def corrupted(layer, images):
    return np.asarray(layer(images, training=True))


@every
def test_nothing_happens_without_training(name):
    np.testing.assert_array_equal(ALL[name]()(IMAGES), IMAGES)


@pytest.mark.parametrize("name", RANDOM)
def test_the_seed_decides(name):
    first, again = ALL[name](), ALL[name]()
    drawn = corrupted(first, IMAGES)
    np.testing.assert_array_equal(drawn, corrupted(again, IMAGES))
    assert (drawn != corrupted(first, IMAGES)).any()


@every
def test_every_evaluation_draws_the_same(name):
    networks = [keras.Sequential([keras.Input(IMAGES.shape[1:]), keras.layers.Identity()]) for _ in range(2)]
    model = keras_cae.models.CAE(*networks, corruption=ALL[name]())
    model.compile(loss="mse")
    first = model.evaluate(IMAGES, verbose=0)
    assert first > 0
    assert model.evaluate(IMAGES, verbose=0) == first


@every
@pytest.mark.parametrize("shape", [(40,), (12, 17), (7, 8, 9)])
def test_sizes_known_at_run_time_in_a_pipeline(name, shape):
    images = np.random.default_rng(0).random((3, *shape, 2), dtype="float32")
    known, free = ALL[name](), ALL[name]()
    if name == "jpeg" and len(shape) != 2:
        with pytest.raises(ValueError, match="JPEGArtifacts only supports images"):
            known(images, training=True)
        return
    data = tf.data.Dataset.from_generator(
        lambda: iter([images]), output_signature=tf.TensorSpec((None, *[None] * len(shape), 2))
    )
    (found,) = data.map(lambda batch: free(batch, training=True))
    np.testing.assert_allclose(found, corrupted(known, images), atol=1e-5)


@every
def test_xla(name):
    layer = ALL[name]()
    compiled = tf.function(lambda batch: layer(batch, training=True), jit_compile=True)
    made = np.asarray(compiled(IMAGES))
    assert made.shape == IMAGES.shape
    assert 0 < np.abs(made - IMAGES).max() < 2


@every
def test_half_precision(name):
    made = ALL[name](dtype="mixed_bfloat16")(IMAGES, training=True)
    assert made.dtype == tf.bfloat16
    difference = np.abs(np.asarray(tf.cast(made, tf.float32)) - corrupted(ALL[name](), IMAGES))
    assert np.mean(difference > 0.05) < 0.03  # Counts are occasionally rounded differently.


@pytest.mark.parametrize("name", ["gaussian", "poisson", "salt", "jpeg"])
def test_other_units(name):
    made = corrupted(ALL[name](max_value=4095.0), IMAGES * 4095)
    assert np.mean(np.abs(made / 4095 - corrupted(ALL[name](), IMAGES)) > 1.5 / 255) < 1e-3


def test_gaussian_noise_has_another_strength_in_every_image():
    images = np.full((200, 32, 32, 1), 0.5, "float32")
    noise = corrupted(RandomGaussianNoise(0.1, 0.3, seed=0), images) - images
    deviations = noise.std(axis=(1, 2, 3))
    assert 0.1 * 0.9 < deviations.min() < 0.11
    assert 0.29 < deviations.max() < 0.3 * 1.1
    assert deviations.mean() == pytest.approx(0.2, rel=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.002)


@pytest.mark.parametrize("mean", [0.3, 4.0, 15.9, 16.1, 60.0])
def test_photons_are_counted(mean):
    images = np.full((1, 400, 400, 1), mean / 100, "float32")
    counts = corrupted(PoissonNoise(100, seed=0), images) * 100
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-3)
    assert counts.mean() == pytest.approx(mean, rel=0.01)
    assert counts.var() == pytest.approx(mean, rel=0.02)
    observed = np.bincount(np.round(counts).astype(int).ravel(), minlength=120) / counts.size
    np.testing.assert_allclose(observed, stats.poisson.pmf(np.arange(len(observed)), mean), atol=0.003)


def test_salt_and_pepper():
    images = np.full((4, 64, 64, 3), 0.5, "float32")
    made = corrupted(SaltAndPepper(0.2, salt=0.25, min_value=-1, max_value=2, seed=0), images)
    assert (made == made[..., :1]).all()
    assert (made != 0.5).mean() == pytest.approx(0.2, rel=0.05)
    assert (made == 2).mean() == pytest.approx(0.05, rel=0.1)
    assert set(np.unique(made)) == {-1.0, 0.5, 2.0}


@pytest.mark.parametrize("sigma", [0.7, 2.0])
def test_blur_is_that_of_scipy(sigma):
    expected = ndimage.gaussian_filter(IMAGES, (0, sigma, sigma, 0), mode="nearest", radius=int(np.ceil(3 * sigma)))
    np.testing.assert_allclose(corrupted(Blur(sigma), IMAGES), expected, atol=1e-5)


def test_downsampling():
    means = np.stack([downscale_local_mean(image, (3, 1, 1)) for image in IMAGES])
    made = corrupted(Downsample((3, 1), interpolation="nearest"), IMAGES)
    np.testing.assert_allclose(made, means.repeat(3, axis=1), atol=1e-6)
    # TensorFlow rounds the weights of the cubic filter.
    for interpolation, name in (("linear", "bilinear"), ("cubic", "bicubic")):
        made = corrupted(Downsample((3, 1), interpolation=interpolation), IMAGES)
        expected = keras.ops.image.resize(means, IMAGES.shape[1:3], name)
        np.testing.assert_allclose(made[:, 6:-6], expected[:, 6:-6], atol=1e-3)
    ramp = np.arange(25, dtype="float32").reshape(1, 25, 1)
    np.testing.assert_allclose(corrupted(Downsample(2), ramp)[:, 4:-5], ramp[:, 4:-5], atol=1e-4)


@pytest.mark.parametrize(("channels", "subsampling"), [(1, True), (3, False), (3, True)])
@pytest.mark.parametrize("quality", [10, 50, 90])
def test_artifacts_are_those_of_files(channels, subsampling, quality):
    smooth = ndimage.gaussian_filter(np.random.default_rng(0).random((37, 52, 3)), (2, 2, 0))
    pixels = np.round(255 * (smooth - smooth.min()) / np.ptp(smooth)).astype("uint8")[..., :channels]
    file = io.BytesIO()
    image = Image.fromarray(pixels if channels == 3 else pixels[..., 0])
    image.save(file, "JPEG", quality=quality, subsampling=2 if subsampling else 0)
    expected = np.asarray(Image.open(file), "float32").reshape(pixels.shape)
    made = corrupted(JPEGArtifacts(quality, subsampling=subsampling), (pixels / 255)[None])[0] * 255
    lost = np.abs(pixels - expected).mean()
    assert lost > 0.5
    assert np.abs(made - expected).mean() < 0.2 * lost + 0.3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomGaussianNoise(25), r"low must be a fraction of the full range.* such as 25 / 255, got 25"),
        (lambda: RandomGaussianNoise(0.0, 25), "high must be a fraction of the full range"),
        (lambda: RandomGaussianNoise(0.2, 0.1), "low must not be above high, got low=0.2"),
        (lambda: PoissonNoise(0), "peak must be a finite number above zero or two of them"),
        (lambda: PoissonNoise((5, 1)), "peak must have the smaller number first"),
        (lambda: SaltAndPepper(1.5), "ratio must be a number between 0 and 1"),
        (lambda: SaltAndPepper(0.1, min_value=1.0), "min_value must be below max_value"),
        (lambda: Blur(-1), "sigma must be a finite number above zero"),
        (lambda: Downsample(0), "factor must be a positive integer"),
        (lambda: Downsample(2, interpolation="sinc"), "interpolation must be one of 'cubic', 'linear', 'nearest'"),
        (lambda: Downsample((2, 2))(IMAGES[:, :, 0], training=True), "factor must be an integer, or have one"),
        (lambda: JPEGArtifacts(101), "quality must be from 1 to 100"),
        (lambda: JPEGArtifacts((0.5, 20)), "quality must be from 1 to 100"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
