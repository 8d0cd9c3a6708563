"""The contractive bottleneck: its penalty, compared with explicit Jacobians, and its effect on a model."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import ContractiveBottleneck
from keras_cae.models import CAE, BasicCAE, BatchNormPoolCAE, SkipConnectionCAE

IMAGES = np.random.default_rng(0).random((5, 4, 6, 1), dtype="float32")


def linear_encoder(units):
    encoder = keras.Sequential([keras.Input((4, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(units)])
    return encoder, encoder.layers[-1].kernel


def curved_encoder():
    return keras.Sequential(
        [
            keras.Input((4, 6, 1)),
            keras.layers.Conv2D(3, 3, strides=2, activation="elu"),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="tanh"),
        ]
    )


def jacobian_norms(encoder, images):
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        codes = encoder(images, training=False)
    jacobian = tape.batch_jacobian(codes, images)
    return (np.asarray(jacobian) ** 2).reshape(len(images), -1).sum(axis=1)


def test_the_exact_norm_is_that_of_the_jacobian():
    encoder = curved_encoder()
    norms = ContractiveBottleneck(probes=4).squared_norms(encoder, IMAGES)
    np.testing.assert_allclose(norms, jacobian_norms(encoder, IMAGES), rtol=1e-5)
    shift = 1e-3
    for index in range(2):
        columns = []
        for pixel in range(24):
            moved = np.repeat(IMAGES[index : index + 1].astype("float64"), 2, axis=0)
            moved.reshape(2, 24)[:, pixel] += (-shift, shift)
            columns.append(np.diff(encoder(moved, training=False), axis=0)[0] / (2 * shift))
        assert float(norms[index]) == pytest.approx((np.array(columns) ** 2).sum(), rel=1e-2)


def test_maps_are_flattened():
    encoder = keras.Sequential([keras.Input((4, 6, 1)), keras.layers.Conv2D(1, 3, strides=2)])
    norms = ContractiveBottleneck(probes=2).squared_norms(encoder, IMAGES)
    kernel = encoder.layers[0].kernel.numpy()
    np.testing.assert_allclose(norms, np.full(5, 2 * (kernel**2).sum()), rtol=1e-5)


def test_the_estimate_is_unbiased():
    encoder, kernel = linear_encoder(6)
    expected = (kernel.numpy() ** 2).sum()
    bottleneck = ContractiveBottleneck(probes=2, seed=1)
    draws = np.concatenate([bottleneck.squared_norms(encoder, IMAGES, training=True) for _ in range(100)])
    error = draws.std() / np.sqrt(len(draws))
    assert 0 < error < 0.02 * expected
    assert draws.mean() == pytest.approx(expected, abs=3 * error)


def test_evaluation_always_draws_the_same():
    encoder, _ = linear_encoder(6)
    bottleneck = ContractiveBottleneck(probes=1, seed=1)
    first = np.asarray(bottleneck.squared_norms(encoder, IMAGES))
    drawn = np.asarray(bottleneck.squared_norms(encoder, IMAGES, training=True))
    assert (first != drawn).any()
    np.testing.assert_array_equal(bottleneck.squared_norms(encoder, IMAGES), first)
    again = ContractiveBottleneck(probes=1, seed=1)
    np.testing.assert_array_equal(again.squared_norms(encoder, IMAGES, training=True), drawn)


def test_the_gradient_reaches_the_weights():
    encoder, kernel = linear_encoder(3)
    with tf.GradientTape() as tape:
        norm = tf.reduce_mean(ContractiveBottleneck(probes=3).squared_norms(encoder, IMAGES))
    np.testing.assert_allclose(tape.gradient(norm, kernel.value), 2 * kernel.numpy(), rtol=1e-5)


def trained(images, scope=contextlib.nullcontext, epochs=1, model=None, latent_dim=2, **arguments):
    keras.utils.set_random_seed(0)
    with scope():
        model = model or BasicCAE(latent_dim, filters=(4, 8), bottleneck=ContractiveBottleneck(**arguments))
        model.compile(keras.optimizers.Adam(0.005), "mse")
        options = {"batch_size": 32, "epochs": epochs, "shuffle": False, "verbose": 0}
        history = model.fit(images, validation_data=images[:40], **options).history
    return model, history


@pytest.mark.slow
def test_the_jacobian_on_digits_becomes_small(digits):
    train, test = digits
    options = {"epochs": 3, "latent_dim": 4}
    (plain, _), (contractive, history) = (trained(train, weight=w, **options) for w in (0.0, 1e-4))
    norms = {model: jacobian_norms(model.encoder, test).mean() for model in (plain, contractive)}
    assert norms[contractive] < 0.4 * norms[plain]
    assert history["val_contraction_loss"][-1] == pytest.approx(norms[contractive], rel=0.1)
    mean_image_error = ((train.mean(axis=0) - test) ** 2).mean()
    assert ((contractive.predict(test, verbose=0) - test) ** 2).mean() < 0.8 * mean_image_error


def test_the_logs_add_up(images):
    model, _ = trained(images, weight=0.5)
    logs = model.evaluate(images, verbose=0, return_dict=True)
    assert logs["contraction_loss"] == pytest.approx(jacobian_norms(model.encoder, images).mean(), rel=1e-4)
    assert logs["loss"] == pytest.approx(logs["reconstruction_loss"] + 0.5 * logs["contraction_loss"], rel=1e-5)


def test_what_the_encoder_adds_to_the_loss_counts_once(images):
    encoder = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(3), keras.layers.ActivityRegularization(l2=0.1)]
    )
    decoder = keras.Sequential([keras.layers.Dense(216), keras.layers.Reshape((9, 12, 2))])
    model = CAE(encoder, decoder, bottleneck=ContractiveBottleneck(0.0))
    model.compile("sgd", "mse")
    value = model.evaluate(images, verbose=0, return_dict=True)["loss"]
    error = ((model.predict(images, verbose=0) - images) ** 2).mean()
    activity = 0.1 * (encoder.predict(images, verbose=0) ** 2).sum() / len(images)
    assert value == pytest.approx(error + activity, rel=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda bottleneck: BasicCAE(None, filters=(3, 4), bottleneck=bottleneck),
        pytest.param(lambda b: BatchNormPoolCAE(5, filters=(3, 4), bottleneck=b), marks=pytest.mark.slow),
        pytest.param(lambda b: SkipConnectionCAE(5, filters=(3, 4, 5), bottleneck=b), marks=pytest.mark.slow),
    ],
    ids=["any size", "batch norm, pooling", "skip connections"],
)
def test_every_model_takes_it(make, images):
    _, history = trained(images, epochs=3, model=make(ContractiveBottleneck(probes=2)))
    assert all(np.isfinite(values).all() for values in history.values())
    assert history["contraction_loss"][-1] < history["contraction_loss"][0]


@pytest.mark.slow
def test_training_goes_on_exactly_where_it_was_saved(images, tmp_path):
    model, _ = trained(images, probes=1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for each in (model, loaded):
        each.fit(images, shuffle=False, verbose=0)
    for ours, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


# 33: the second batch has one image, which only one replica gets
@pytest.mark.slow
def test_two_replicas_train_as_one_device(two_replicas):
    images = np.random.default_rng(0).random((33, 9, 12, 2), dtype="float32")
    (one, expected), (two, history) = trained(images), trained(images, two_replicas.scope)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, err_msg=name)
    for weights, values in zip(two.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_allclose(weights, values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("weight", -1, "weight must be a finite number, zero or above"),
        ("probes", 0, "probes must be a positive integer, got 0"),
    ],
)
def test_wrong_arguments(argument, value, message):
    with pytest.raises(ValueError, match=message):
        ContractiveBottleneck(**{argument: value})
