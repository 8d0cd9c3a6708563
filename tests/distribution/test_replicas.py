"""Training on several devices of one machine gives the same results as on a single device."""

import contextlib
import copy

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import check_table, public_subclasses
from small_models import MODELS, make_compiled, make_images, shared_draws

import keras_cae
from keras_cae.datasets import stream_images
from keras_cae.training.random_state import seed_generators, use_independent_seeds

REPORTED = {
    "VariationalCAE": {"kl_loss", "val_active_units", "val_reconstruction_loss"},
    "WassersteinCAE": {"mmd_loss", "val_mmd_loss"},
    "AdversarialCAE": {"generator_loss", "val_discriminator_loss"},
    "VectorQuantizedCAE": {"commitment_loss", "val_perplexity", "codebook_usage"},
}


def trained(model_name, count, scope, weights=None):
    """History and weights after two epochs of batches of four."""
    keras.utils.set_random_seed(0)
    images = make_images(count)
    with scope:
        model = make_compiled(model_name)
        history = model.fit(
            images,
            sample_weight=weights,
            batch_size=4,
            epochs=2,
            shuffle=False,
            validation_data=images,
            verbose=0,
        )
    return {**history.history, **dict(enumerate(model.get_weights()))}


def assert_same(one, two):
    assert two.keys() == one.keys()
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-5, atol=1e-6, err_msg=str(name))


@pytest.mark.tables
def test_every_model_is_small():
    public = public_subclasses(keras_cae.models, keras_cae.models.CAE)
    where = "MODELS in tests/distribution/small_models.py, with the arguments of a small model"
    check_table({cls.__name__ for cls in public} - {"PyramidCAE"}, MODELS, where)


# Each model whose steps share something among the replicas. In batches of four,
# of nine nothing of the last batch is left for a replica; of eleven, the last batch's parts differ;
# and of one, the only batch leaves nothing for a replica.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model_name", "count"),
    [
        ("BatchNormPoolCAE", 11),
        ("BlindSpotCAE", 9),
        ("VariationalCAE", 9),
        ("WassersteinCAE", 9),
        ("WassersteinCAE", 1),
        ("AdversarialCAE", 9),
        ("VectorQuantizedCAE", 9),
    ],
)
def test_two_replicas_train_as_one_device(model_name, count, two_replicas, monkeypatch):
    for name, function in shared_draws().items():
        monkeypatch.setattr(keras.random, name, function)
    one = trained(model_name, count, contextlib.nullcontext())
    two = trained(model_name, count, two_replicas.scope())
    assert REPORTED.get(model_name, set()) < one.keys()
    assert_same(one, two)


@pytest.mark.slow
@pytest.mark.parametrize("steps_per_epoch", [None, 2])
def test_a_stream_has_the_same_order_on_two_replicas(steps_per_epoch, two_replicas, tmp_path):
    np.save(tmp_path / "images.npy", make_images(8))
    found = []
    for scope in (contextlib.nullcontext(), two_replicas.scope()):
        keras.utils.set_random_seed(0)
        stream = stream_images(tmp_path / "images.npy", batch_size=4, seed=0)
        with scope:
            model = make_compiled("SkipConnectionCAE")
            # Each call continues with the next epochs of the stream.
            options = {"steps_per_epoch": steps_per_epoch, "verbose": 0}
            history = [model.fit(stream, epochs=epochs, **options).history["loss"] for epochs in (3, 2)]
        order = next(iter(stream)).numpy()
        found.append({"first": history[0], "second": history[1], "next": order, **dict(enumerate(model.get_weights()))})
    assert_same(*found)


@pytest.mark.slow
def test_weights_of_images_count_on_two_replicas(two_replicas):
    weights = np.array([1, 0, 2, 0.5, 3, 0, 1, 1, 4], "float32")
    one, two = (trained("BasicCAE", 9, scope, weights) for scope in (contextlib.nullcontext(), two_replicas.scope()))
    assert_same(one, two)


@pytest.mark.slow
def test_two_replicas_predict_as_one_device(two_replicas):
    images = make_images(9)
    with two_replicas.scope():
        model = make_compiled("BasicCAE")
    outputs = model.predict(images, batch_size=4, verbose=0)
    np.testing.assert_allclose(outputs, model(images), rtol=1e-5, atol=1e-6)


def test_losses_that_keras_would_mix_up_are_refused(two_replicas):
    with two_replicas.scope():
        normalized = keras_cae.layers.ConvBlock(2, normalization="batch")
        regularized = keras.layers.ActivityRegularization(l2=0.1)
        model = keras_cae.models.CAE(
            keras.Sequential([normalized, regularized]), keras.Sequential([keras.layers.Identity()])
        )
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match="can't combine layers that exchange values"):
            model.fit(make_images(4), verbose=0)


def test_keras_itself_fails_on_parts_of_different_sizes(two_replicas):
    # If this fails, Keras supports it, and `DistributedTraining._maybe_symbolic_build` can be removed.
    with two_replicas.scope():
        model = keras.Sequential([keras.Input((9, 12, 2)), keras.layers.Conv2D(2, 3, padding="same")])
        model.compile("sgd", "mse")
        with pytest.raises(tf.errors.InvalidArgumentError, match="same size and shape"):
            model.fit(make_images(3), make_images(3), verbose=0)


def drawn(strategy, layer):
    """The outputs of a layer for ones on each replica."""
    parts = strategy.run(tf.function(lambda: layer(tf.ones((4, 9, 12, 2)), training=True)))
    return [np.asarray(part) for part in strategy.experimental_local_results(parts)]


@pytest.mark.slow
def test_replicas_draw_different_noise(two_replicas):
    def make_layer():
        return keras.layers.Dropout(0.5, seed=1)

    with two_replicas.scope():
        model = keras_cae.models.BasicCAE(3, filters=(3, 4), corruption=keras.layers.Pipeline([make_layer()]))
        model.compile("sgd", "mse")
        stock = make_layer()
        first, second = drawn(two_replicas, stock)
        # If this fails, replicas of Keras draw different numbers, and `ReplicaSeedGenerator` can be removed.
        np.testing.assert_array_equal(first, second)
        model.fit(make_images(4), batch_size=4, verbose=0)
        model.corruption.layers[0].seed_generator.state.assign([1, 0])
        parts = drawn(two_replicas, model.corruption)
    np.testing.assert_array_equal(parts[0], first)
    assert (parts[0] != parts[1]).mean() > 0.4
    assert model.evaluate(make_images(4), verbose=0) == model.evaluate(make_images(4), verbose=0)


def test_a_copy_of_a_layer_draws_by_itself():
    layer = keras.layers.Dropout(0.5, seed=1)
    use_independent_seeds(layer)
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
    with pytest.raises(ValueError, match="steps_per_execution must be 1 under MirroredStrategy"):
        model.fit(make_images(8), verbose=0)
    with pytest.raises(ValueError, match="steps_per_execution must be 1 under MirroredStrategy"):
        model.evaluate(make_images(8), verbose=0)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])  # the latter wraps the optimizer
def test_accumulated_gradients_are_refused(policy, two_replicas):
    with two_replicas.scope():
        model = keras_cae.models.BasicCAE(3, filters=(3, 4), dtype=policy)
        model.compile(keras.optimizers.SGD(gradient_accumulation_steps=2), "mse")
    with pytest.raises(ValueError, match="gradient_accumulation_steps must be None under MirroredStrategy"):
        model.fit(make_images(8), verbose=0)
