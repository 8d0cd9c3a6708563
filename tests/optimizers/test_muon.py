"""Muon, beside an independent implementation with singular values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae import models
from keras_cae.optimizers import Muon
from keras_cae.optimizers.muon import ADAM_SIZE, orthogonalized


def kernel(*shape):
    return keras.Variable(np.random.default_rng(0).normal(size=shape), name="kernel")


def polynomial(values, iterations):
    """Return what Muon makes of singular values."""
    for _ in range(iterations):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return values


@pytest.mark.parametrize("shape", [(18, 18), (40, 17), (16, 144)])
@pytest.mark.parametrize("iterations", [1, 5])
def test_singular_values_become_those_of_the_polynomial(shape, iterations):
    matrix = np.random.default_rng(0).normal(size=shape).astype("float32")
    left, values, right = np.linalg.svd(matrix.astype("float64"), full_matrices=False)
    expected = left * polynomial(values / np.linalg.norm(values), iterations) @ right
    np.testing.assert_allclose(orthogonalized(tf.constant(matrix), iterations), expected, atol=2e-4)


def test_a_matrix_of_zeros_remains_zero():
    np.testing.assert_array_equal(orthogonalized(tf.zeros((20, 30)), 5), 0.0)


@pytest.mark.parametrize("shape", [(3, 3, 16, 20), (5, 8, 32), (2, 2, 2, 4, 24), (40, 16)])
def test_kernels_move_along_orthogonal_updates(shape):
    variable, gradients = kernel(*shape), np.random.default_rng(1).normal(size=(2, *shape)).astype("float32")
    optimizer = Muon(0.01, momentum=0.9)
    expected, mean = variable.numpy().astype("float64"), 0.0
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [variable])
        mean = 0.9 * mean + gradient
        matrix = (gradient + 0.9 * mean).reshape(-1, shape[-1])
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        update = left * polynomial(values / np.linalg.norm(values), 5) @ right
        expected -= 0.01 * ADAM_SIZE * np.sqrt(max(matrix.shape)) * update.reshape(shape)
    np.testing.assert_allclose(variable.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(
    "variable",
    [
        kernel(3, 3, 1, 32),  # the first convolution
        kernel(3, 3, 32, 3),  # the last one
        kernel(40),
        keras.Variable(np.ones(8, "float32"), name="bias"),
        keras.Variable(np.ones((40, 40), "float32"), name="embeddings"),
    ],
    ids=lambda variable: f"{variable.name}{variable.shape}",
)
def test_others_are_trained_as_by_adam(variable):
    twin = keras.Variable(variable.numpy(), name=variable.name)
    ours, adam = Muon(0.01), keras.optimizers.Adam(0.01)
    for gradient in np.random.default_rng(1).normal(size=(3, *variable.shape)).astype("float32"):
        ours.apply([tf.constant(gradient)], [variable])
        adam.apply([tf.constant(gradient)], [twin])
    np.testing.assert_allclose(variable.numpy(), twin.numpy(), rtol=1e-5, atol=1e-6)


def test_sparse_gradients_of_embeddings():
    model = keras.Sequential([keras.layers.Embedding(20, 20), keras.layers.Dense(3)])
    model.compile(Muon(0.01), "mse")
    numbers = np.arange(6)[:, None] % 4
    model.build((None, 1))
    before = model.get_weights()[0]
    model.fit(numbers, np.ones((6, 1, 3)), verbose=0)
    moved = (model.get_weights()[0] != before).any(axis=-1)
    np.testing.assert_array_equal(moved, np.arange(20) < 4)


def test_the_smallest_side_decides_which_kernels_are_orthogonalized():
    optimizer = Muon(smallest_side=33)
    optimizer.build([kernel(3, 3, 32, 33), kernel(3, 3, 33, 32)])
    assert [variable.path.split("/")[-1] for variable in optimizer.variables].count("kernel_velocity") == 1


@pytest.mark.parametrize("shape", [(3, 3, 16, 20), (40, 3)], ids=["orthogonalized", "by Adam"])
def test_steps_in_half_precision_are_those_in_full_precision(shape):
    full = kernel(*shape)
    before = full.numpy()
    half = keras.Variable(full.numpy(), name="kernel", dtype="bfloat16")
    for variable in (full, half):
        gradient = np.random.default_rng(1).normal(size=full.shape)
        Muon(1.0).apply([tf.constant(gradient, variable.dtype)], [variable])
    np.testing.assert_allclose(half.numpy().astype("float32"), full.numpy(), atol=0.05)
    assert np.abs(full.numpy() - before).mean() > 0.1


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_training_continues_from_a_file_with_the_same_result(tmp_path, policy):
    images = np.random.default_rng(0).random((8, 12, 12, 1), dtype="float32")
    keras.utils.set_random_seed(0)
    model = models.BasicCAE(latent_dim=16, filters=(16, 32), dtype=policy)
    model.compile(Muon(0.002, momentum=0.9, weight_decay=0.01, global_clipnorm=1.0), "mse")
    before = model.fit(images, epochs=8, shuffle=False, verbose=0).history["loss"]
    assert before[-1] < before[0]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    losses = [each.fit(images, epochs=2, shuffle=False, verbose=0).history["loss"] for each in (model, loaded)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


def test_two_replicas_train_as_one_device(two_replicas):
    images = np.random.default_rng(0).random((8, 12, 12, 1), dtype="float32")

    def trained(model):
        model.compile(Muon(0.002), "mse")
        model.set_weights(weights)
        return model.fit(images, epochs=3, batch_size=4, shuffle=False, verbose=0).history["loss"]

    single = models.BasicCAE(latent_dim=16, filters=(16, 32))
    single.build((None, 12, 12, 1))
    weights = single.get_weights()
    with two_replicas.scope():
        mirrored = models.BasicCAE(latent_dim=16, filters=(16, 32))
        mirrored.build((None, 12, 12, 1))
        losses = trained(mirrored)
    np.testing.assert_allclose(losses, trained(single), rtol=1e-4)


def test_training_continues_from_a_checkpoint(tmp_path):
    images = np.random.default_rng(0).random((8, 12, 12, 1), dtype="float32")
    model, other = (models.BasicCAE(latent_dim=16, filters=(16, 32)) for _ in range(2))
    for each in (model, other):
        each.compile(Muon(), "mse")
        each.fit(images, shuffle=False, verbose=0)
    path = tf.train.Checkpoint(model=model).write(tmp_path / "checkpoint")
    tf.train.Checkpoint(model=other).read(path).assert_consumed()
    losses = [each.fit(images, shuffle=False, verbose=0).history["loss"] for each in (model, other)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"momentum": 1.0}, "momentum must be a number from 0 to below 1, got 1.0"),
        ({"iterations_per_step": 0}, "iterations_per_step must be a positive integer, got 0"),
        ({"smallest_side": 1.5}, "smallest_side must be a positive integer, got 1.5"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Muon(**arguments)
