"""The denoising autoencoder: the predicted noise, sizes, borders, and values outside [0, 1]."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.models import DenoisingCAE

SIGMA = 0.2


def small(**arguments):
    return DenoisingCAE(**{"filters": (3, 4, 5), **arguments})


@pytest.mark.slow
def test_it_removes_more_noise_than_it_adds(digits):
    train, test = digits
    model = DenoisingCAE(filters=(8, 16), corruption=keras.layers.GaussianNoise(SIGMA, seed=1))
    model.compile(keras.optimizers.Adam(0.003), "mse")
    model.fit(train, epochs=4, batch_size=32, verbose=0)
    noisy = test + np.random.default_rng(0).normal(0, SIGMA, test.shape).astype("float32")
    error = ((model.predict(noisy, verbose=0) - test) ** 2).mean()
    assert error < 0.4 * SIGMA**2
    assert model.evaluate(noisy, test, verbose=0) != pytest.approx(error, rel=0.1)  # corrupted again
    model.corruption = None
    model.compile("adam", "mse")
    assert model.evaluate(noisy, test, verbose=0) == pytest.approx(error, rel=1e-4)


def test_parameters():
    model = DenoisingCAE()
    model.build((None, 48, 48, 1))
    convolutions = [(1, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)]
    convolutions += [(128, 64), (128, 64), (64, 64), (64, 32), (64, 32), (32, 32), (32, 1)]
    assert model.count_params() == sum((9 * before + 1) * after for before, after in convolutions)


def test_the_network():
    """An independent implementation with plain operations on the same weights."""
    images = np.random.default_rng(0).random((2, 12, 8, 1), dtype="float32")
    model = DenoisingCAE(filters=(3, 4), convs_per_level=2, activation="tanh")
    outputs = model(images)
    weights = iter([tf.constant(w) for w in model.get_weights()])

    def conv(x, strides=1):
        return tf.nn.conv2d(x, next(weights), strides, "SAME") + next(weights)

    full = tf.tanh(conv(tf.tanh(conv(images))))
    half = tf.tanh(conv(tf.tanh(conv(full, 2))))
    up = tf.nn.conv2d_transpose(half, next(weights), (2, 12, 8, 3), 2, "SAME") + next(weights)
    joined = tf.concat([tf.tanh(up), full], axis=-1)
    joined = tf.tanh(conv(tf.tanh(conv(joined))))
    noise = tf.nn.conv2d_transpose(joined, next(weights), images.shape, 1, "SAME") + next(weights)
    np.testing.assert_allclose(outputs, images - noise, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.encode(images), half, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 64), (9, 12), (48, 48)])
def test_any_size(size):
    images = np.random.default_rng(0).normal(size=(2, *size, 3)).astype("float32")
    model = small(output_activation=None)
    assert model.predict(images, verbose=0).shape == images.shape
    codes, features = model.encode(images, return_features=True)
    assert codes.shape == (2, -(-size[0] // 4), -(-size[1] // 4), 5)
    np.testing.assert_allclose(model.decode(codes, features), model.predict(images, verbose=0), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="DenoisingCAE can't decode codes alone"):
        model.decode(codes)


def test_sizes_are_padded_by_reflection():
    images = np.random.default_rng(0).random((1, 10, 7, 1), dtype="float32")
    padded = np.pad(images, [(0, 0), (0, 2), (0, 1), (0, 0)], mode="reflect")
    model = small()
    expected = model.predict(padded, verbose=0)[:, :10, :7]
    np.testing.assert_allclose(model.predict(images, verbose=0), expected, rtol=1e-4, atol=1e-6)


def test_without_noise_to_subtract_the_input_comes_back():
    """This also holds for values far outside [0, 1], in every precision, and for scaled integers."""
    images = np.random.default_rng(0).normal(0.5, 3, size=(2, 9, 12, 1)).astype("float32")
    model = small(dtype="mixed_bfloat16")
    model.build(images.shape)
    for variable in model.decoder.get_layer("output_convolution").weights:
        variable.assign(tf.zeros_like(variable))
    np.testing.assert_array_equal(model.predict(images, verbose=0), images)
    bytes_ = np.random.default_rng(0).integers(0, 256, (2, 9, 12, 1), dtype="uint8")
    np.testing.assert_allclose(model.predict(bytes_, verbose=0), bytes_ / 255, rtol=1e-6)


def test_training_on_images_of_several_sizes_and_targets_beyond_the_range():
    model = small(corruption=keras.layers.GaussianNoise(SIGMA))
    model.compile("adam", "mae")
    sizes = ((9, 12), (3, 7), (16, 8))
    data = tf.data.Dataset.from_generator(
        lambda: (np.random.default_rng(0).normal(size=(3, *size, 1)).astype("float32") for size in sizes),
        output_signature=tf.TensorSpec((None, None, None, 1), "float32"),
    )
    assert np.isfinite(model.fit(data, verbose=0).history["loss"]).all()


def test_one_level(images):
    assert DenoisingCAE(filters=(4,))(images).shape == images.shape


@pytest.mark.parametrize(("argument", "value"), [("filters", ()), ("convs_per_level", 0), ("activation", 3)])
def test_wrong_arguments(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must"):
        DenoisingCAE(**{argument: value})
