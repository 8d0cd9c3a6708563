"""Stains and occlusions: their positions, their content and their noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import slow_but

import keras_cae
from keras_cae.layers import RandomOcclusion, StainNoise
from keras_cae.layers.random_occlusion import SHAPES, TEXTURES

IMAGES = np.random.default_rng(0).uniform(0.2, 0.7, (40, 24, 31, 3)).astype("float32")
BOTH = pytest.mark.parametrize("cls", [StainNoise, RandomOcclusion])


def changed(before, after):
    return np.any(np.asarray(after) != before, axis=-1)


def echo(corruption):
    """A model that returns its input, so that its loss is the difference between input and target."""
    networks = [keras.Sequential([keras.Input(IMAGES.shape[1:]), keras.layers.Identity()]) for _ in range(2)]
    model = keras_cae.models.CAE(*networks, corruption=corruption)
    model.compile(loss="mse")
    return model


@BOTH
def test_nothing_happens_without_training(cls):
    np.testing.assert_array_equal(cls(seed=0)(IMAGES), IMAGES)


@BOTH
def test_every_image_is_covered_somewhere_else_and_the_rest_stays(cls):
    covered = changed(IMAGES, cls(size=(0.3, 0.5), seed=0)(IMAGES, training=True))
    shares = covered.mean(axis=(1, 2))
    assert np.all(shares < 0.6)
    assert np.mean(shares > 0.005) > 0.9
    assert len(np.unique(covered, axis=0)) == len(IMAGES)
    # They occur everywhere, including the edges.
    assert covered.any(axis=0).mean() > 0.95


def test_a_stain_has_one_colour_within_the_range_of_the_batch():
    stained = np.asarray(StainNoise(size=(0.3, 0.5), seed=0)(IMAGES, training=True))
    covered = changed(IMAGES, stained)
    for image, where in zip(stained, covered, strict=True):
        np.testing.assert_allclose(image[where], np.broadcast_to(image[where][:1], image[where].shape), atol=1e-6)
    assert 0.2 <= stained.min() <= stained.max() <= 0.7


def test_an_ellipse_has_the_size_that_was_asked_for():
    stain = StainNoise(size=(0.5, 0.5), irregularity=0.0, seed=0)
    covered = changed(IMAGES, stain(IMAGES, training=True))
    whole = covered[~covered[:, [0, -1]].any(axis=(1, 2)) & ~covered[:, :, [0, -1]].any(axis=(1, 2))]
    assert len(whole) > 3
    np.testing.assert_allclose(whole.mean(axis=(1, 2)), np.pi / 16, rtol=0.1)
    np.testing.assert_allclose(whole.any(axis=2).sum(axis=1), 12, atol=1)
    np.testing.assert_allclose(whole.any(axis=1).sum(axis=1), 15.5, atol=1)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape):
    occlusion = RandomOcclusion(count=1, size=(0.5, 0.5), shapes=(shape,), seed=0)
    share = changed(IMAGES, occlusion(IMAGES, training=True)).mean()
    fills = {"ellipse": np.pi / 4, "box": 1.0, "diamond": 0.5, "blob": np.pi / 4}[shape]
    # They cover at most a quarter of the image, and may extend beyond it.
    assert share == pytest.approx(0.25 * fills * 0.75**2 / 0.75, rel=0.35)


def test_a_box_is_a_box():
    occlusion = RandomOcclusion(count=1, size=(0.5, 0.5), shapes=("box",), textures=("noise",), seed=0)
    for where in changed(IMAGES, occlusion(IMAGES, training=True)):
        rows, columns = where.any(axis=1), where.any(axis=0)
        assert where.sum() >= 0.9 * rows.sum() * columns.sum()


@pytest.mark.parametrize("texture", TEXTURES)
def test_textures_lie_in_the_range_of_the_batch(texture):
    occlusion = RandomOcclusion(size=(1.0, 1.0), shapes=("box",), textures=(texture,), opacity=(1.0, 1.0), seed=0)
    painted = np.asarray(occlusion(IMAGES, training=True))
    assert changed(IMAGES, painted).mean() > 0.4
    assert 0.2 - 1e-6 <= painted.min() <= painted.max() <= 0.7 + 1e-6


def test_the_batch_lends_its_pixels():
    occlusion = RandomOcclusion(size=(1.0, 1.0), shapes=("box",), textures=("batch",), opacity=(1.0, 1.0), seed=0)
    painted = np.asarray(occlusion(IMAGES, training=True))
    known = {tuple(pixel) for pixel in np.round(IMAGES.reshape(-1, 3), 4)}
    assert {tuple(pixel) for pixel in np.round(painted.reshape(-1, 3), 4)} <= known
    alone = np.asarray(occlusion(IMAGES[:1], training=True))
    assert changed(IMAGES[:1], alone).mean() > 0.2


def test_opacity():
    full, half = (StainNoise(size=(0.4, 0.6), opacity=(share, share), seed=3) for share in (1.0, 0.5))
    covered, mixed = (np.asarray(stain(IMAGES, training=True)) for stain in (full, half))
    np.testing.assert_allclose(mixed, (IMAGES + covered) / 2, atol=1e-6)


def test_several_occlusions_cover_more():
    shares = [
        changed(IMAGES, RandomOcclusion(count=count, size=(0.4, 0.4), seed=0)(IMAGES, training=True)).mean()
        for count in (1, 4)
    ]
    assert shares[1] > 2 * shares[0]


@BOTH
def test_the_same_seed_draws_the_same(cls):
    first, again, other = (np.asarray(cls(seed=seed)(IMAGES, training=True)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@BOTH
@pytest.mark.parametrize("shape", [(40,), (12, 17), (7, 8, 9)])
def test_signals_images_and_volumes_of_a_size_known_at_run_time(cls, shape):
    images = np.random.default_rng(0).random((5, *shape, 2), dtype="float32")
    known, free = (cls(size=(0.4, 0.6), seed=1) for _ in range(2))
    signature = [tf.TensorSpec((None, *[None] * len(shape), 2))]
    function = tf.function(lambda batch: free(batch, training=True), input_signature=signature)
    painted = known(images, training=True)
    np.testing.assert_allclose(function(images), painted, atol=1e-5)
    assert 0.02 < changed(images, painted).mean() < 0.7


@pytest.mark.parametrize("cls", slow_but((StainNoise,), (StainNoise, RandomOcclusion)))
def test_noise_is_to_be_removed_unless_it_is_kept(cls):
    errors = [
        echo(cls(size=(1e-6, 1e-6), noise=0.1, keep_noise=keep, seed=0)).evaluate(IMAGES, batch_size=40, verbose=0)
        for keep in (False, True)
    ]
    assert errors == [pytest.approx(0.01, rel=0.05), pytest.approx(0.0, abs=1e-9)]


@BOTH
def test_every_evaluation_draws_the_same(cls):
    model = echo(cls(noise=0.1, keep_noise=True, seed=0))
    first = model.evaluate(IMAGES, verbose=0)
    np.testing.assert_array_equal(model.corrupt(IMAGES), model.corrupt(IMAGES))
    assert first > 0
    assert model.evaluate(IMAGES, verbose=0) == first


def test_noise_can_be_kept_only_in_a_target_like_the_input():
    networks = keras.Sequential([keras.layers.Identity()]), keras.Sequential([keras.layers.Conv2D(1, 1)])
    model = keras_cae.models.CAE(*networks, corruption=StainNoise(noise=0.1, keep_noise=True))
    model.compile(loss="mse")
    with pytest.raises(ValueError, match="keep_noise=False"):
        model.fit(IMAGES, IMAGES[..., :1], verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (0.5, 0.1)}, "size must be two numbers above 0 and up to 1, the smaller one first"),
        ({"size": 0.5}, "size must be two numbers"),
        ({"opacity": (0.5, 1.1)}, "opacity must be two numbers"),
        ({"noise": -1}, "noise must be a finite number, zero or above"),
        ({"shapes": ()}, "shapes must be a list or tuple of at least one of 'ellipse'"),
        ({"textures": ("wool",)}, r"textures\[0\] must be one of 'batch', "),
        ({"textures": ("noise", "noise")}, "textures must not contain a value twice"),
        ({"count": 0}, "count must be a positive integer"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        RandomOcclusion(**arguments)
