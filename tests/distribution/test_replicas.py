"""Several devices of one machine train one model together, with the numbers of a single device."""

import contextlib
import copy

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae.models.random_state import draw_apart, seed_generators

# name: arguments that make it small
MODELS = {
    "BasicCAE": {},
    "BatchNormPoolCAE": {},
    "SkipConnectionCAE": {},
    "ResidualCAE": {"filters": (3, 4)},
    "DenoisingCAE": {"filters": (3, 4), "convs_per_level": 1},
}


def images(count):
    return np.random.default_rng(0).random((count, 9, 12, 2), dtype="float32")


def trained(model_name, count, scope, weights=None, **options):
    """History and weights after two epochs of batches of four."""
    keras.utils.set_random_seed(0)
    with scope:
        if model_name not in ("DenoisingCAE", "VectorQuantizedCAE"):
            options["latent_dim"] = 3
        model = getattr(keras_cae.models, model_name)(**{"filters": (3, 4, 5), **options})
        model.build((None, 9, 12, 2))
        model.decoder.get_layer("output_convolution").kernel_regularizer = keras.regularizers.L2(0.1)
        model.compile(
            keras.optimizers.SGD(0.1, momentum=0.9),
            "mse",
            metrics=["mae", keras_cae.metrics.PSNR()],
            weighted_metrics=["mse"],
        )
        history = model.fit(
            images(count),
            sample_weight=weights,
            batch_size=4,
            epochs=2,
            shuffle=False,
            validation_data=images(count),
            verbose=0,
        )
    predictions = model.predict(images(count), batch_size=4, verbose=0)
    return {**history.history, "predictions": predictions, **dict(enumerate(model.get_weights()))}


# 8: equal parts; 11: the last batch's parts differ; 9: one of them is empty; 1: that is the only batch
@pytest.mark.parametrize("count", [9, *(pytest.param(count, marks=pytest.mark.slow) for count in (8, 11, 1))])
@pytest.mark.parametrize(
    "model_name",
    ["BasicCAE", *(pytest.param(name, marks=pytest.mark.slow) for name in MODELS if name != "BasicCAE")],
)
def test_two_replicas_train_as_one_device(model_name, count, two_replicas):
    one = trained(model_name, count, contextlib.nullcontext(), **MODELS[model_name])
    two = trained(model_name, count, two_replicas.scope(), **MODELS[model_name])
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


def test_weights_of_images_count_on_two_replicas(two_replicas):
    weights = np.array([1, 0, 2, 0.5, 3, 0, 1, 1, 4], "float32")
    one = trained("BasicCAE", 9, contextlib.nullcontext(), weights)
    two = trained("BasicCAE", 9, two_replicas.scope(), weights)
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


@pytest.mark.slow
def test_penalties_of_the_whole_batch(two_replicas, monkeypatch):
    """Without their noise, which differs, replicas train a variational model as one device does."""
    monkeypatch.setattr(keras.random, "normal", lambda shape, **_: keras.ops.zeros(shape))
    options = {"beta": 5.0, "free_bits": 0.05}
    one = trained("VariationalCAE", 9, contextlib.nullcontext(), **options)
    two = trained("VariationalCAE", 9, two_replicas.scope(), **options)
    assert {"kl_loss", "val_active_units", "val_reconstruction_loss"} < one.keys()
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


@pytest.mark.slow
def test_both_optimizers_follow_the_whole_batch(two_replicas, monkeypatch):
    monkeypatch.setattr(keras.random, "normal", lambda shape, **_: keras.ops.ones(shape))
    options = {"adversarial_weight": 0.5, "discriminator_units": (6,)}
    one = trained("AdversarialCAE", 9, contextlib.nullcontext(), **options)
    two = trained("AdversarialCAE", 9, two_replicas.scope(), **options)
    assert {"generator_loss", "val_discriminator_loss"} < one.keys()
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


@pytest.mark.slow
def test_a_discrepancy_is_of_the_whole_batch(two_replicas):
    one = trained("WassersteinCAE", 9, contextlib.nullcontext(), mmd_weight=3.0)
    two = trained("WassersteinCAE", 9, two_replicas.scope(), mmd_weight=3.0)
    assert {"mmd_loss", "val_mmd_loss"} < one.keys()
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


@pytest.mark.slow
def test_a_codebook_follows_the_whole_batch(two_replicas):
    """The replacements of dead codes included, whose choice is the same."""
    options = {"codebook_size": 12, "code_dim": 2, "commitment_weight": 2.0, "decay": 0.8, "seed": 1}
    one = trained("VectorQuantizedCAE", 9, contextlib.nullcontext(), **options)
    two = trained("VectorQuantizedCAE", 9, two_replicas.scope(), **options)
    assert {"commitment_loss", "val_perplexity", "codebook_usage"} < one.keys()
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


@pytest.mark.slow
def test_hidden_patches_of_the_whole_batch(two_replicas, monkeypatch):
    """With the same patches hidden in all images, replicas train a masked model as one device does."""
    monkeypatch.setattr(
        keras.random, "uniform", lambda shape, **_: keras.ops.tile([[0.3, 0.1, 0.7, 0.2]], (shape[0], 1))
    )
    options = {"filters": (8,), "patch_size": 6}
    one = trained("MaskedCAE", 9, contextlib.nullcontext(), **options)
    two = trained("MaskedCAE", 9, two_replicas.scope(), **options)
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


def test_losses_that_keras_would_mix_up_are_refused(two_replicas):
    with two_replicas.scope():
        normalized = keras_cae.layers.ConvBlock(2, normalization="batch")
        regularized = keras.layers.ActivityRegularization(l2=0.1)
        model = keras_cae.models.CAE(
            keras.Sequential([normalized, regularized]), keras.Sequential([keras.layers.Identity()])
        )
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match="can't have both"):
            model.fit(images(4), verbose=0)


def test_keras_itself_fails_on_parts_of_different_sizes(two_replicas):
    # When this fails, Keras has learned to, and `DistributedTraining._maybe_symbolic_build` may be dropped.
    with two_replicas.scope():
        model = keras.Sequential([keras.Input((9, 12, 2)), keras.layers.Conv2D(2, 3, padding="same")])
        model.compile("sgd", "mse")
        with pytest.raises(tf.errors.InvalidArgumentError, match="same size and shape"):
            model.fit(images(3), images(3), verbose=0)


def drawn(strategy, layer):
    """What a layer makes of ones on every replica."""
    parts = strategy.run(tf.function(lambda: layer(tf.ones((4, 9, 12, 2)), training=True)))
    return [np.asarray(part) for part in strategy.experimental_local_results(parts)]


@pytest.mark.parametrize(
    "make_layer", [lambda: keras.layers.GaussianNoise(0.1, seed=1), lambda: keras.layers.Dropout(0.5, seed=1)]
)
def test_replicas_draw_different_noise(make_layer, two_replicas):
    with two_replicas.scope():
        model = keras_cae.models.BasicCAE(3, filters=(3, 4), corruption=keras.layers.Pipeline([make_layer()]))
        model.compile("sgd", "mse")
        stock = make_layer()
        first, second = drawn(two_replicas, stock)
        # When this fails, Keras draws apart by itself, and `ReplicaSeedGenerator` may be dropped.
        np.testing.assert_array_equal(first, second)
        model.fit(images(4), batch_size=4, verbose=0)
        model.corruption.layers[0].seed_generator.state.assign([1, 0])
        parts = drawn(two_replicas, model.corruption)
    np.testing.assert_array_equal(parts[0], first)
    assert (parts[0] != parts[1]).mean() > 0.4
    assert model.evaluate(images(4), verbose=0) == model.evaluate(images(4), verbose=0)


def test_a_copy_of_a_layer_draws_by_itself():
    layer = keras.layers.Dropout(0.5, seed=1)
    draw_apart(layer)
    twin = copy.deepcopy(layer)
    expected = np.asarray(layer(np.ones((4, 4)), training=True))
    np.testing.assert_array_equal(twin(np.ones((4, 4)), training=True), expected)


def test_generators_are_found_wherever_they_are():
    inner = keras.layers.GaussianNoise(0.1, seed=1)
    outer = keras.Sequential([keras.layers.Identity(), keras.Sequential([inner, keras.layers.Dropout(0.1)])])
    assert len(seed_generators(outer)) == 2
    functional_input = keras.Input((2,))
    functional = keras.Model(functional_input, inner(functional_input))
    assert seed_generators(functional) == [inner.seed_generator]


def test_several_steps_per_execution_are_refused(two_replicas):
    with two_replicas.scope():
        model = keras_cae.models.BasicCAE(3, filters=(3, 4))
        model.compile("sgd", "mse", steps_per_execution=2)
    with pytest.raises(ValueError, match="steps_per_execution must be 1 on 2 replicas"):
        model.fit(images(8), verbose=0)
    with pytest.raises(ValueError, match="steps_per_execution must be 1 on 2 replicas"):
        model.evaluate(images(8), verbose=0)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])  # the latter wraps the optimizer
def test_accumulated_gradients_are_refused(policy, two_replicas):
    with two_replicas.scope():
        model = keras_cae.models.BasicCAE(3, filters=(3, 4), dtype=policy)
        model.compile(keras.optimizers.SGD(gradient_accumulation_steps=2), "mse")
    with pytest.raises(ValueError, match="gradient_accumulation_steps must be None on 2 replicas"):
        model.fit(images(8), verbose=0)
