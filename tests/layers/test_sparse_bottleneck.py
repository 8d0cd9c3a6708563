"""The sparse bottleneck: its codes, its penalties and its effect on a model."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, logit, rel_entr

from keras_cae.callbacks import WeightScheduler
from keras_cae.layers import SparseBottleneck
from keras_cae.models import BasicCAE

CODES = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
MAPS = np.random.default_rng(0).normal(size=(6, 3, 2, 5)).astype("float32")


def divergence(codes, target):
    """The divergence of the mean activation of each value, computed with SciPy."""
    mean = expit(codes.astype("float64")).reshape(len(codes), -1, 5).mean(axis=(0, 1))
    return (rel_entr(target, mean) + rel_entr(1 - target, 1 - mean)).sum()


@pytest.mark.parametrize("codes", [CODES, MAPS], ids=["vectors", "maps"])
def test_the_penalty_on_mean_activations(codes):
    bottleneck = SparseBottleneck(weight=0.5, target=0.2)
    np.testing.assert_allclose(bottleneck(codes), expit(codes), rtol=1e-5)
    np.testing.assert_allclose(bottleneck.losses, [0.5 * divergence(codes, 0.2)], rtol=1e-5)


@pytest.mark.parametrize("codes", [CODES, MAPS], ids=["vectors", "maps"])
def test_the_penalty_on_every_activation(codes):
    bottleneck = SparseBottleneck("l1", weight=0.5)
    np.testing.assert_array_equal(bottleneck(codes), np.maximum(codes, 0))
    expected = np.maximum(codes, 0).reshape(6, -1, 5).mean(axis=1).sum(axis=1).mean()
    np.testing.assert_allclose(bottleneck.losses, [0.5 * expected], rtol=1e-6)


@pytest.mark.parametrize("penalty", ["kl", "l1"])
@pytest.mark.parametrize("value", [-1e4, 1e4])
def test_extreme_inputs_stay_finite(penalty, value):
    bottleneck = SparseBottleneck(penalty)
    inputs = tf.fill((3, 4), value)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        bottleneck(inputs)
        loss = bottleneck.losses[0]
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, inputs)).all()


def trained(images, scope=contextlib.nullcontext, latent_dim=5, epochs=2, callbacks=(), rate=0.05, **arguments):
    keras.utils.set_random_seed(0)
    with scope():
        model = BasicCAE(latent_dim, filters=(4, 8), bottleneck=SparseBottleneck(**arguments))
        model.compile(keras.optimizers.Adam(rate), "mse")
        options = {"batch_size": 32, "epochs": epochs, "shuffle": False, "callbacks": callbacks, "verbose": 0}
        history = model.fit(images, validation_data=images[:40], **options).history
    return model, history


@pytest.mark.slow
def test_codes_of_digits_become_sparse_and_still_say_what_they_show(digits):
    train, test = digits
    options = {"latent_dim": 24, "epochs": 4, "rate": 0.01, "target": 0.1}
    dense, _ = trained(train, weight=0.0, **options)
    sparse, history = trained(train, weight=0.01, **options)
    activation = {model: model.encode(test).mean() for model in (dense, sparse)}
    assert activation[dense] > 0.3
    assert activation[sparse] == pytest.approx(0.1, abs=0.05)
    assert history["val_mean_activation"][-1] == pytest.approx(activation[sparse], abs=0.02)
    mean_image_error = ((train.mean(axis=0) - test) ** 2).mean()
    assert ((sparse.predict(test, verbose=0) - test) ** 2).mean() < 0.5 * mean_image_error


@pytest.mark.slow
def test_rectified_codes_of_digits_become_zero(digits):
    train, test = digits
    options = {"penalty": "l1", "latent_dim": 24, "epochs": 4, "rate": 0.005}
    fractions = [(trained(train, weight=w, **options)[0].encode(test) == 0).mean() for w in (0.0, 1e-3)]
    assert fractions[1] > fractions[0] + 0.2


def test_the_logs_add_up_and_are_saved_with_the_model(images, tmp_path):
    model, history = trained(images, weight=0.5, target=0.2)
    assert {"sparsity_loss", "mean_activation", "val_sparsity_loss", "reconstruction_loss"} < history.keys()
    logs = model.evaluate(images, batch_size=10, verbose=0, return_dict=True)
    activations = model.encode(images)
    assert logs["mean_activation"] == pytest.approx(activations.mean(), rel=1e-5)
    logits = logit(activations)
    assert logs["sparsity_loss"] == pytest.approx(divergence(logits, 0.2), rel=1e-4)
    assert logs["loss"] == pytest.approx(logs["reconstruction_loss"] + 0.5 * logs["sparsity_loss"], rel=1e-5)
    model.bottleneck.weight = 0.25
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.bottleneck.weight, loaded.bottleneck.target) == (0.25, 0.2)
    expected = model.evaluate(images, verbose=0, return_dict=True)
    assert loaded.evaluate(images, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)


def test_the_weight_can_be_scheduled(images):
    model, history = trained(images, callbacks=[WeightScheduler("bottleneck.weight", steps=2)], epochs=3)
    assert history["bottleneck.weight"] == [0.0, 0.5, 1.0]
    assert model.bottleneck.weight == 1.0


# 33: the second batch has one image, which only one replica gets
@pytest.mark.slow
def test_two_replicas_train_as_one_device(two_replicas):
    images = np.random.default_rng(0).random((33, 9, 12, 2), dtype="float32")
    # This penalty depends on the whole batch, while the other one is a mean over images, like the losses.
    (one, expected), (two, history) = trained(images, weight=0.1), trained(images, two_replicas.scope, weight=0.1)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, err_msg=name)
    for weights, values in zip(two.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_allclose(weights, values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("penalty", "l2", "penalty must be one of 'kl', 'l1', got 'l2'"),
        ("weight", -1, "weight must be a finite number, zero or above"),
        ("target", 0, "target must be a number between 0 and 1, got 0"),
        ("target", 1, "target must be a number between 0 and 1, got 1"),
    ],
)
def test_wrong_arguments(argument, value, message):
    with pytest.raises(ValueError, match=message):
        SparseBottleneck(**{argument: value})
