"""Denoising without clean images: hidden pixels, patches of large images, and learning from noisy images alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from keras_cae.datasets import RandomPatches
from keras_cae.models import BlindSpotCAE

SIGMA = 0.2


def small(**arguments):
    return BlindSpotCAE(**{"filters": (3, 4), "convs_per_level": 1, "seed": 1, **arguments})


def unmoved(**arguments):
    """A model that does not learn."""
    model = small(**arguments)
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    return model


def smooth(*shape, seed=0):
    """Images, signals or volumes with content that can be distinguished from noise."""
    random = np.random.default_rng(seed)
    blurred = ndimage.gaussian_filter(random.normal(size=shape), (0, *[3] * (len(shape) - 2), 0), mode="wrap")
    return (0.5 + 0.25 * blurred / blurred.std()).astype("float32")


def with_noise(images, seed=1):
    return images + np.random.default_rng(seed).normal(0, SIGMA, images.shape).astype("float32")


def error(model, noisy, clean):
    return float(np.mean((model.predict(noisy, verbose=0) - clean) ** 2))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [{}, {"method": "masking", "outermost_skip": False, "blurred_pooling": True}])
def test_a_single_noisy_image_is_enough(arguments):
    keras.utils.set_random_seed(0)
    clean = smooth(1, 160, 150, 1)
    noisy = with_noise(clean)
    model = BlindSpotCAE(filters=(16, 24), patch_size=32, seed=0, **arguments)
    model.compile(keras.optimizers.Adam(0.003), "mse")
    model.fit(noisy, batch_size=8, epochs=50, verbose=0)
    assert error(model, noisy, clean) < 0.15 * SIGMA**2


@pytest.mark.slow
def test_a_mask_removes_noise_along_rows():
    """If neighbouring values have the same noise, the plain model copies it."""
    keras.utils.set_random_seed(0)
    clean = smooth(1, 160, 150, 1)
    noise = ndimage.uniform_filter1d(np.random.default_rng(1).normal(0, SIGMA, clean.shape), 3, axis=2) * np.sqrt(3)
    noisy = (clean + noise).astype("float32")
    errors = []
    for mask in (None, np.ones((1, 5))):
        model = BlindSpotCAE(filters=(16, 24), method="masking", structured_mask=mask, patch_size=32, seed=0)
        model.compile(keras.optimizers.Adam(0.003), "mse")
        model.fit(noisy, batch_size=8, epochs=25, verbose=0)
        errors.append(error(model, noisy, clean))
    assert errors[1] < 0.6 * errors[0]


@pytest.mark.parametrize(
    ("arguments", "subsamples"),
    [
        ({}, True),
        ({"ratio": 1 / 4, "method": "subsampling"}, True),
        ({"method": "masking"}, False),
        ({"ratio": 1 / 4}, False),
        ({"replacement": "uniform"}, False),
        ({"structured_mask": np.ones((1, 3))}, False),
    ],
)
def test_the_method_of_training(images, arguments, subsamples):
    seen = []

    class Recording(BlindSpotCAE):
        def call(self, inputs, training=None):
            if training:
                seen.append(tuple(inputs.shape[1:3]))
            return super().call(inputs, training=training)

    model = Recording(filters=(3, 4), convs_per_level=1, **arguments)
    model.compile("adam", "mse")
    model.fit(images, verbose=0)
    height, width = images.shape[1:3]
    assert set(seen) == {(height // 2, width // 2) if subsamples else (height, width)}


def test_subsampling_can_not_remove_correlated_noise():
    with pytest.raises(ValueError, match=r"structured_mask is for noise .* Use method='masking'"):
        small(method="subsampling", structured_mask=np.ones((1, 3)))


def test_weights_of_subsampled_pixels(images):
    losses = []
    for weight in (1.0, 2.0, 0.0):
        keras.utils.set_random_seed(0)
        weights = np.full(images.shape[:3], weight, "float32")
        losses.append(unmoved().fit(images, sample_weight=weights, shuffle=False, verbose=0).history["loss"][0])
    assert losses[0] > 0
    assert losses[1] == pytest.approx(2 * losses[0], rel=1e-5)
    assert losses[2] == 0.0


def test_the_loss_is_that_of_hidden_pixels(images):
    model = unmoved()
    assert model.fit(images, batch_size=len(images), verbose=0).history["loss"][0] > 0
    corrupted, weights = model.corrupt(images, return_weights=True)
    hidden = np.asarray(weights) > 0
    assert 0.05 < hidden.mean() < 0.3
    deviation = np.sqrt(np.ravel(model.normalizer.variance))
    errors = (((model.predict(np.asarray(corrupted), verbose=0) - images) / deviation) ** 2).mean(axis=-1)
    expected = np.mean([part[where].mean() for part, where in zip(errors, hidden, strict=True)])
    assert model.evaluate(images, verbose=0)[0] == pytest.approx(expected, rel=1e-4)


def test_towards_other_images_nothing_is_hidden(images):
    model = unmoved()
    model.fit(images, verbose=0)
    other = images + 0.1
    expected = np.abs(model.predict(images, verbose=0) - other).mean()
    assert model.evaluate(images, other, verbose=0)[1] == pytest.approx(expected, rel=1e-5)
    with_model = model.fit(images, other, validation_data=(images, other), verbose=0).history
    assert with_model["mae"] == with_model["val_mae"] == [pytest.approx(expected, rel=1e-4)]


def test_towards_themselves_images_are_hidden(images):
    """Hidden pixels are replaced for every kind of input, because otherwise the model would learn to copy them."""
    model = unmoved()
    model.fit(images, verbose=0)
    expected = model.evaluate(images, verbose=0)
    ones = np.ones(len(images))
    assert model.evaluate(images, images.copy(), verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(images, sample_weight=ones, verbose=0) == pytest.approx(expected, rel=1e-5)
    pairs = tf.data.Dataset.from_tensor_slices((images, images)).batch(32)
    assert model.evaluate(pairs, verbose=0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_another_corruption_comes_first(images):
    model = unmoved(corruption=keras.layers.GaussianNoise(0.1, seed=1))
    model.fit(images, verbose=0)
    assert (np.asarray(model.corrupt(images)) != images).mean() > 0.99
    plain = model.evaluate(images, images + 0.1, verbose=0)[1]
    assert plain != pytest.approx(np.abs(model.predict(images, verbose=0) - images - 0.1).mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("rank", "size"),
    [
        pytest.param(1, (300,), marks=pytest.mark.slow),
        (2, (40, 90)),
        pytest.param(3, (20, 9, 36), marks=pytest.mark.slow),
    ],
)
def test_large_images_become_patches(rank, size):
    images = 300 + 20 * smooth(2, *size, 2).astype("float64")
    model = small(rank=rank, patch_size=16)
    model.compile("adam", "mse")
    seen = []
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    history = model.fit(images, batch_size=4, epochs=2, callbacks=[keep], validation_data=images, verbose=0).history
    per_image = int(np.prod([max(side // 16, 1) for side in size]))
    assert len(seen) == 2 * -(-2 * per_image // 4)
    assert np.isfinite(history["loss"] + history["val_loss"]).all()
    np.testing.assert_allclose(np.ravel(model.normalizer.mean), images.reshape(-1, 2).mean(axis=0), rtol=1e-5)
    assert model.predict(images, verbose=0).shape == images.shape


@pytest.mark.slow
def test_patches_with_targets_weights_and_a_split():
    images = smooth(4, 40, 44, 1)
    model = unmoved(patch_size=16)
    weights = np.array([1.0, 0.0, 2.0, 1.0])
    first = model.fit(images, batch_size=4, sample_weight=weights, validation_split=0.5, verbose=0).history
    assert first["loss"][0] > 0
    pairs = model.fit(images, images + 0.1, batch_size=4, validation_split=0.25, verbose=0).history
    expected = np.abs(model.predict(images[3:], verbose=0) - images[3:] - 0.1).mean()
    assert pairs["val_mae"] == [pytest.approx(expected, rel=1e-4)]
    with pytest.raises(ValueError, match="validation_split must leave at least one image to train on"):
        model.fit(images[:1], validation_split=0.1, verbose=0)
    assert model.fit(images, batch_size=2, epochs=1, steps_per_epoch=3, verbose=0).history["loss"][0] > 0


@pytest.mark.slow
def test_the_seed_decides_the_patches():
    images = smooth(1, 40, 44, 1)
    losses = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        model = small(patch_size=16)
        model.compile("adam", "mse")
        losses.append(model.fit(images, batch_size=2, epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("outermost_skip", "blurred_pooling", "size"),
    [
        pytest.param(True, False, (9, 13), marks=pytest.mark.slow),
        (False, True, (9, 13)),
        pytest.param(True, True, (5, 64), marks=pytest.mark.slow),
        pytest.param(False, False, (5, 64), marks=pytest.mark.slow),
    ],
)
def test_any_size(outermost_skip, blurred_pooling, size):
    images = np.random.default_rng(0).normal(size=(2, *size, 3)).astype("float32")
    model = small(filters=(3, 4, 5), outermost_skip=outermost_skip, blurred_pooling=blurred_pooling)
    predicted = model.predict(images, verbose=0)
    assert predicted.shape == images.shape
    padded = np.pad(images, [(0, 0), *[(0, -side % 4) for side in size], (0, 0)], mode="reflect")
    expected = model.predict(padded, verbose=0)[:, : size[0], : size[1]]
    np.testing.assert_allclose(predicted, expected, rtol=1e-3, atol=1e-5)
    codes, features = model.encode(images, return_features=True)
    assert len(features) == 1 + outermost_skip
    whole = np.asarray(model.decode(codes, features))[:, : size[0], : size[1]]
    np.testing.assert_allclose(whole, predicted, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_a_generator_with_a_known_normalizer(images):
    model = small(normalizer=keras.layers.Normalization(mean=0.5, variance=0.1))
    model.compile("adam", "mse")
    assert np.isfinite(model.fit((part for part in [images, images]), verbose=0).history["loss"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratio": 1}, "ratio must be a number between 0 and 1"),
        ({"replacement": "zero"}, "replacement must be one of 'median', 'mean', 'uniform'"),
        ({"structured_mask": [1, 1, 1]}, "structured_mask must have one axis for each of the 2 spatial axes"),
        ({"patch_size": (16, 16, 16)}, "patch_size must be an integer, or have one for each spatial axis"),
        ({"outermost_skip": 1}, "outermost_skip must be True or False"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        BlindSpotCAE(**arguments)


def test_patches_are_of_the_images():
    images = np.arange(3 * 20 * 30).reshape(3, 20, 30, 1)
    data = RandomPatches(images, -images, sample_weight=np.arange(3.0), patch_size=(8, 64), batch_size=5, seed=0)
    assert len(data) == 2
    x, y, weights = data[0]
    assert x.shape == (5, 8, 30, 1)
    np.testing.assert_array_equal(x, -y)
    np.testing.assert_array_equal(x[:, 0, 0, 0] // 600, weights)
    np.testing.assert_array_equal(x[:, 1:] - x[:, :-1], 30)
    np.testing.assert_array_equal(data[0][0], x)
    data.on_epoch_end()
    assert (data[0][0] != x).any()
    with pytest.raises(ValueError, match="targets must match the images of shape"):
        RandomPatches(images, images[:, :10])
