"""Corruption is applied only in training and evaluation, and is reproducible."""

import keras
import numpy as np
import pytest
from checks import slow_but

import keras_cae


def noisy(**arguments):
    model = keras_cae.models.BasicCAE(3, filters=(2, 3), corruption=keras.layers.GaussianNoise(0.3), **arguments)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    return model


def echo(shape):
    """An autoencoder that returns its input, so that its loss is the mean square of the noise."""
    networks = [keras.Sequential([keras.Input(shape), keras.layers.Identity()]) for _ in range(2)]
    model = keras_cae.models.CAE(*networks, corruption=keras.layers.GaussianNoise(0.3))
    model.compile(loss="mse")
    return model


def train(images, **arguments):
    keras.utils.set_random_seed(11)
    model = noisy()
    history = model.fit(images, batch_size=4, epochs=3, verbose=0, **arguments).history
    return history, model


def test_predict_and_encode_see_clean_images(images):
    model = noisy()
    clean = keras_cae.models.BasicCAE(3, filters=(2, 3))
    model.build(images.shape)
    clean.build(images.shape)
    clean.set_weights(model.get_weights())
    np.testing.assert_array_equal(model.predict(images, verbose=0), clean.predict(images, verbose=0))
    np.testing.assert_array_equal(model.encode(images), clean.encode(images))
    np.testing.assert_array_equal(model(images, training=True), clean(images, training=True))


def test_the_target_stays_clean(images):
    """If the corruption blanks the input, the loss is that of the reconstruction of a blank image."""

    class Blank(keras.layers.Layer):
        def call(self, inputs, training=False):
            return keras.ops.zeros_like(inputs) if training else inputs

    model = keras_cae.models.BasicCAE(3, filters=(2, 3), corruption=Blank())
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    blank = model(np.zeros_like(images)).numpy()
    error = np.mean((blank - images) ** 2)
    assert model.evaluate(images, verbose=0) == pytest.approx(error, rel=1e-5)
    assert model.fit(images, verbose=0).history["loss"][0] == pytest.approx(error, rel=1e-5)


def test_training_is_noisy_and_reproducible(images):
    history, model = train(images)
    again, model_again = train(images)
    assert history == again
    for weight, weight_again in zip(model.get_weights(), model_again.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, weight_again)
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    losses = model.fit(images, epochs=3, shuffle=False, verbose=0).history["loss"]
    assert len(set(losses)) == 3


@pytest.mark.parametrize(
    "compile_arguments",
    slow_but([{}], [{}, {"run_eagerly": True}, {"steps_per_execution": 2}, {"jit_compile": True}]),
)
def test_every_evaluation_draws_the_same_noise(images, compile_arguments):
    model = noisy()
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", **compile_arguments)
    history = model.fit(images, validation_data=images, batch_size=4, epochs=3, verbose=0).history
    assert len(set(history["val_loss"])) == 1
    assert model.evaluate(images, batch_size=4, verbose=0) == history["val_loss"][0]
    batches = []
    for _ in range(2):
        model.reset_metrics()
        batches.append(model.test_on_batch(images))
    assert batches[0] == batches[1]
    clean = np.mean((model.predict(images, verbose=0) - images) ** 2)
    assert history["val_loss"][0] != pytest.approx(clean, rel=1e-6)


def test_batches_of_an_evaluation_differ_in_noise(images):
    model = echo(images.shape[1:])
    together = model.evaluate(np.concatenate([images, images]), batch_size=10, verbose=0)
    alone = model.evaluate(images, batch_size=10, verbose=0)
    assert alone == pytest.approx(0.09, rel=0.1)
    assert together != alone


def test_validation_leaves_the_training_noise_alone(images):
    without, _ = train(images)
    with_validation, _ = train(images, validation_data=images)
    assert with_validation["loss"] == without["loss"]


def test_corrupt_shows_what_evaluation_sees(images):
    model = noisy()
    corrupted = model.corrupt(images)
    np.testing.assert_array_equal(corrupted, model.corrupt(images))
    assert np.std(corrupted - images) == pytest.approx(0.3, rel=0.1)
    model.compile(optimizer="adam", loss="mse")
    error = np.mean((model.predict(corrupted, verbose=0) - images) ** 2)
    assert model.evaluate(images, verbose=0) == pytest.approx(error, rel=1e-5)


def test_pipelines_of_corruptions(images):
    pipeline = keras.layers.Pipeline([keras.layers.GaussianNoise(0.2), keras.layers.Dropout(0.3)])
    model = keras_cae.models.BasicCAE(3, filters=(2, 3), corruption=pipeline)
    model.compile(optimizer="adam", loss="mse")
    model.fit(images, verbose=0)
    assert model.evaluate(images, verbose=0) == model.evaluate(images, verbose=0)
    assert (model.corrupt(images).numpy() == 0).mean() == pytest.approx(0.3, abs=0.05)


def test_a_corruption_that_does_not_say_how_it_corrupts():
    with pytest.raises(TypeError, match=r"abstract method '?corrupt"):
        keras_cae.layers.Corruption()
