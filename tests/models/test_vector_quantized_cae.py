"""The vector-quantized autoencoder: its training, its codes, and its codebook in files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import VectorQuantizer
from keras_cae.models import CAE, VectorQuantizedCAE

QUANTIZERS = {"codebook": {"codebook_size": 12, "code_dim": 3}, "levels": {"levels": (5, 4)}}


@pytest.fixture(params=QUANTIZERS)
def arguments(request):
    return {"filters": (3, 4), "seed": 1, **QUANTIZERS[request.param]}


@pytest.mark.parametrize("arguments", [{"codebook_size": 128, "code_dim": 8}, {"levels": (8, 5, 5)}])
@pytest.mark.slow
def test_it_learns_and_uses_its_codebook(arguments, digits):
    train, test = digits
    model = VectorQuantizedCAE(filters=(8, 16), **arguments)
    model.compile(keras.optimizers.Adam(0.005), "mse")
    model.fit(train, batch_size=32, epochs=6, verbose=0)
    logs = model.evaluate(test, verbose=0, return_dict=True)
    assert logs["reconstruction_loss"] < 0.4 * ((train.mean(axis=0) - test) ** 2).mean()
    assert logs["codebook_usage"] > 0.4
    assert logs["perplexity"] > 0.2 * model.codebook_size
    codes = model.encode(test)
    p = np.bincount(codes.ravel(), minlength=model.codebook_size) / codes.size
    assert logs["codebook_usage"] == pytest.approx((p > 0).mean(), rel=1e-5)
    assert logs["perplexity"] == pytest.approx(np.exp(-(p[p > 0] * np.log(p[p > 0])).sum()), rel=1e-4)


def test_codes_of_everything_that_images_come_in(arguments, images):
    model = VectorQuantizedCAE(**arguments)
    model.build(images.shape)
    codes = model.encode(images, batch_size=4)
    assert codes.shape == (10, 5, 6)
    assert codes.dtype == "int32"
    assert 0 <= codes.min() <= codes.max() < model.codebook_size
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(3)
    np.testing.assert_array_equal(model.encode(dataset), codes)
    np.testing.assert_array_equal(model.encode(tf.constant(images)), codes)
    decoded = model.decode(codes, batch_size=4)
    dataset = tf.data.Dataset.from_tensor_slices(codes).batch(3)
    for other in (codes.astype("int64"), dataset, tf.constant(codes)):
        np.testing.assert_allclose(model.decode(other), decoded, atol=1e-6)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_predicting_is_decoding_what_is_encoded(arguments, policy):
    images = np.random.default_rng(0).random((10, 8, 12, 2), dtype="float32")
    model = VectorQuantizedCAE(**arguments, dtype=policy)
    model.compile("sgd", "mse")
    model.fit(images, verbose=0)
    decoded = model.decode(model.encode(images))
    np.testing.assert_allclose(model.predict(images, verbose=0), decoded, atol=1e-6)


def test_any_size(arguments):
    model = VectorQuantizedCAE(**arguments)
    for size in ((9, 12), (16, 7), (5, 5)):
        images = np.zeros((2, *size, 1))
        assert model.predict(images, verbose=0).shape == images.shape
        assert model.encode(images).shape == (2, -(-size[0] // 2), -(-size[1] // 2))


@pytest.mark.slow
def test_training_goes_on_exactly_where_it_was_saved(arguments, images, tmp_path):
    def fit(model, epochs):
        model.fit(images, batch_size=4, epochs=epochs, shuffle=False, verbose=0)

    def make():
        keras.utils.set_random_seed(0)
        model = VectorQuantizedCAE(**arguments, decay=0.8)
        model.build(images.shape)
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model

    undisturbed, saved = make(), make()
    fit(undisturbed, 4)
    fit(saved, 2)
    saved.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.encode(images), saved.encode(images))
    fit(loaded, 2)
    for ours, expected in zip(loaded.get_weights(), undisturbed.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_the_weight_of_the_penalty_may_be_set_at_any_time(images):
    model = VectorQuantizedCAE(5, 2, filters=(3, 4))
    model.commitment_weight = 0.5
    model.compile("sgd", "mse")
    model.fit(images, verbose=0)
    for weight in (0.5, 3.0):
        model.commitment_weight = weight
        assert model.commitment_weight == model.bottleneck.commitment_weight == weight
        logs = model.evaluate(images, verbose=0, return_dict=True)
        total = logs["reconstruction_loss"] + weight * logs["commitment_loss"]
        assert logs["loss"] == pytest.approx(total, rel=1e-5)


@pytest.mark.slow
def test_levels_train_in_half_precision_and_under_xla(images):
    model = VectorQuantizedCAE(levels=(5, 4), filters=(3, 4), dtype="mixed_float16")
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=True)
    losses = model.fit(images, epochs=8, batch_size=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_the_layer_between_networks_of_ones_own(images):
    encoder = keras.Sequential([keras.layers.Conv2D(3, 3, strides=3)])
    decoder = keras.Sequential([keras.layers.Conv2DTranspose(2, 3, strides=3)])
    model = CAE(encoder, decoder, VectorQuantizer(codebook_size=6, code_dim=3))
    model.compile("sgd", "mse")
    assert "perplexity" in model.fit(images, verbose=0).history
    codes = model.encode(images)
    assert codes.dtype == "int32"
    assert set(codes.ravel()) <= set(range(6))
    np.testing.assert_allclose(model.decode(codes), model.predict(images, verbose=0), rtol=1e-5, atol=1e-6)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="codebook_size must be a positive integer, got None"):
        VectorQuantizedCAE()
    with pytest.raises(ValueError, match="code_dim must be a positive integer, got None"):
        VectorQuantizedCAE(8)
    with pytest.raises(ValueError, match="codebook_size must be the product of the levels, 20, or omitted"):
        VectorQuantizedCAE(21, levels=(5, 4))
    with pytest.raises(ValueError, match="code_dim must be the number of the levels, 2, or omitted, got 3"):
        VectorQuantizedCAE(code_dim=3, levels=(5, 4))
    with pytest.raises(ValueError, match="decay must be"):
        VectorQuantizedCAE(8, 2, decay=1)
    model = VectorQuantizedCAE(8, 2, filters=(3, 4))
    model.build((None, 8, 8, 1))
    with pytest.raises(ValueError, match=r"codes must be integers, .* got float32"):
        model.decode(np.zeros((1, 4, 4), "float32"))


@pytest.mark.parametrize("number", [-1, 12])
@pytest.mark.parametrize("kind", [np.asarray, tf.constant])
@pytest.mark.parametrize("arguments", [{"codebook_size": 12, "code_dim": 2}, {"levels": (3, 4)}])
def test_numbers_of_no_vector_are_refused(arguments, kind, number):
    model = VectorQuantizedCAE(**arguments, filters=(3, 4))
    model.build((None, 8, 8, 1))
    codes = np.full((1, 4, 4), 11, "int32")
    assert model.decode(kind(codes)).shape == (1, 8, 8, 1)
    codes[0, 2, 1] = number
    with pytest.raises(ValueError, match=f"codes must be codebook indices from 0 to 11, got {number}"):
        model.decode(kind(codes))


def test_decodes_in_a_graph():
    model = VectorQuantizedCAE(8, 2, filters=(3, 4))
    model.build((None, 8, 8, 1))
    codes = np.arange(16).reshape(1, 4, 4) % 8
    decode = tf.function(model.decode)
    np.testing.assert_allclose(decode(tf.constant(codes)), model.decode(codes), rtol=1e-5)
    assert model.decode(keras.Input((4, 4), dtype="int32")).shape == (None, 8, 8, 1)
