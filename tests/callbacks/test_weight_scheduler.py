"""Schedules of weights."""

import copy

import keras
import numpy as np
import pytest

from keras_cae.callbacks import WeightScheduler
from keras_cae.models import BasicCAE, VariationalCAE


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.values = []

    def on_train_batch_end(self, batch, logs=None):
        self.values.append(self.model.beta)


def made():
    model = VariationalCAE(2, filters=(3, 4))
    model.compile("sgd", "mse")
    return model


def train(model, images, scheduler, epochs=2, **arguments):
    recorder = Recorder()
    history = model.fit(images, batch_size=2, epochs=epochs, callbacks=[scheduler, recorder], verbose=0, **arguments)
    return recorder.values, history


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"schedule": "linear", "steps": 4}, [0, 0.25, 0.5, 0.75, 1, 1]),
        ({"schedule": "linear", "steps": 4, "start": 2, "end": 1}, [2, 1.75, 1.5, 1.25, 1, 1]),
        ({"schedule": "cosine", "steps": 4}, [0, 0.1464466, 0.5, 0.8535534, 1, 1]),
        ({"schedule": "cyclical", "steps": 8, "cycles": 2}, [0, 0.5, 1, 1, 0, 0.5, 1, 1, 1, 1]),
        ({"schedule": lambda step: step**2}, [0, 1, 4, 9]),
        ({"schedule": keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0)}, [1, 0.75, 0.5, 0.25, 0, 0]),
    ],
)
def test_values(arguments, expected):
    scheduler = WeightScheduler("beta", **arguments)
    np.testing.assert_allclose([scheduler.value_at(step) for step in range(len(expected))], expected, atol=1e-6)


def test_every_step_has_its_value_and_the_logs_name_it(images):
    model = made()
    values, history = train(model, images, WeightScheduler("beta", steps=8), validation_data=images)
    assert values == pytest.approx([step / 8 for step in range(8)] + [1, 1])
    assert history.history["beta"] == pytest.approx([0.5, 1.0])


def test_the_step_is_traced_once(images):
    traces = []

    class Traced(VariationalCAE):
        def train_step(self, data):
            traces.append(1)
            return super().train_step(data)

    model = Traced(2, filters=(3, 4))
    model.compile("sgd", "mse")
    train(model, images, WeightScheduler("beta", steps=8))
    assert len(traces) == 1


def test_a_resumed_training_goes_on_with_the_schedule(images, tmp_path):
    model = made()
    train(model, images, WeightScheduler("beta", steps=20), epochs=1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.beta == pytest.approx(4 / 20)
    values, _ = train(loaded, images, WeightScheduler("beta", steps=20), epochs=1)
    assert values == pytest.approx([step / 20 for step in range(5, 10)])


def test_copies_go_on_by_themselves(images):
    scheduler = WeightScheduler("beta", schedule=keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0))
    values, _ = train(made(), images, copy.deepcopy([scheduler])[0], epochs=1)
    assert values == pytest.approx([1, 0.75, 0.5, 0.25, 0])


def test_weights_really_weigh(images):
    """If the scheduler sets the weight to zero, the penalty has no effect, as with beta=0."""
    results = []
    for beta, callbacks in ((0.0, []), (50.0, [WeightScheduler("beta", schedule=lambda step: 0.0)])):
        keras.utils.set_random_seed(0)
        model = VariationalCAE(2, beta=beta, filters=(3, 4))
        model.compile("sgd", "mse")
        model.fit(images, batch_size=2, epochs=2, callbacks=callbacks, verbose=0)
        results.append(model.get_weights())
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"schedule": "quadratic"}, "schedule must be one of 'linear', 'cosine', 'cyclical'"),
        ({}, "steps must be a positive integer, got None"),
        ({"steps": 3, "end": -1}, "end must be a finite number"),
        ({"steps": 3, "cycles": 0}, "cycles must be a positive integer"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        WeightScheduler("beta", **arguments)


@pytest.mark.parametrize("attribute", ["beta", "bottleneck.beta", "nothing.beta"])
def test_the_model_must_have_the_attribute(attribute, images):
    model = BasicCAE(2, filters=(3, 4))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=f"BasicCAE has no '{attribute}'"):
        model.fit(images, callbacks=[WeightScheduler(attribute, steps=3)], verbose=0)


@pytest.mark.parametrize("attribute", ["free_bits", "latent_dim", "bottleneck.free_bits"])
def test_what_would_have_no_effect_is_refused(attribute, images):
    model = VariationalCAE(2, filters=(3, 4))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=f"'{attribute}' of VariationalCAE is fixed.*beta"):
        model.fit(images, callbacks=[WeightScheduler(attribute, steps=3)], verbose=0)


def test_the_attribute_may_be_that_of_a_part(images):
    model = VariationalCAE(2, filters=(3, 4))
    model.compile("sgd", "mse")
    scheduler = WeightScheduler("bottleneck.beta", steps=4, end=2.0)
    history = model.fit(images, batch_size=5, epochs=3, callbacks=[scheduler], verbose=0).history
    assert history["bottleneck.beta"] == [0.5, 1.5, 2.0]
    assert model.beta == 2.0
