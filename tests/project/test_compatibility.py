"""The private parts of Keras that the library uses are needed and work."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae.compatibility import SingleReplicaStrategy, declare_direction, declared_direction


class Undeclared(keras.metrics.Mean):
    """A metric with predetermined values: 1, 2, 3, … or -1, -2, -3, …"""

    def __init__(self, sign):
        super().__init__(name="quality")
        self.sign = sign
        self.evaluations = 0

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(self.evaluations * self.sign)

    def reset_state(self):
        super().reset_state()
        self.evaluations = getattr(self, "evaluations", 0) + 1


def trained_epochs(metric):
    """The number of epochs, of 6, before an `EarlyStopping` without a given direction stops training."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[metric], run_eagerly=True)
    stopping = keras.callbacks.EarlyStopping(monitor="val_quality", mode="auto", patience=1)
    data = np.ones((2, 1))
    history = model.fit(data, data, epochs=6, validation_data=(data, data), callbacks=[stopping], verbose=0)
    return len(history.epoch)


def test_directions_of_keras_and_of_this_library_are_found():
    metric = Undeclared(1)
    assert declared_direction(metric) is None
    declare_direction(metric, "max")
    assert declared_direction(metric) == "max"
    assert declared_direction(keras.metrics.MeanAbsoluteError()) == "min"
    assert declared_direction(keras_cae.metrics.PSNR()) == "max"


def test_keras_does_not_know_the_direction_by_itself():
    # If this fails, Keras supports it, and the compatibility module can be removed.
    with pytest.raises(ValueError, match="mode='max'"):
        trained_epochs(Undeclared(1))


@pytest.mark.parametrize(
    ("direction", "sign", "epochs"), [("max", 1, 6), ("max", -1, 2), ("min", -1, 6), ("min", 1, 2)]
)
@pytest.mark.slow
def test_early_stopping_follows_the_declared_direction(direction, sign, epochs):
    metric = Undeclared(sign)
    declare_direction(metric, direction)
    assert trained_epochs(metric) == epochs


@pytest.mark.parametrize(
    ("metric_class", "improves"),
    [(keras_cae.metrics.PSNR, True), (keras_cae.metrics.PSNR, False), (keras_cae.metrics.SSIM, True)],
)
def test_keras_maximizes_image_metrics(metric_class, improves, tmp_path):
    images = np.random.default_rng(0).random((4, 12, 12, 1), dtype="float32")
    model = keras.Sequential([keras.layers.Rescaling(1.0), Brightness()])
    metric = metric_class()
    # The brightness moves from 0.5 towards that of the images, or away from it.
    model.compile(keras.optimizers.SGD(0.3 if improves else -0.3), "mse", metrics=[metric])
    stopping = keras.callbacks.EarlyStopping(monitor=f"val_{metric.name}", mode="auto", patience=1)
    checkpoint = keras.callbacks.ModelCheckpoint(
        tmp_path / "{epoch}.weights.h5",
        monitor=f"val_{metric.name}",
        mode="auto",
        save_best_only=True,
        save_weights_only=True,
    )
    history = model.fit(
        images,
        images,
        epochs=4,
        validation_data=(images, images),
        callbacks=[stopping, checkpoint],
        verbose=0,
    )
    values = history.history[f"val_{metric.name}"]
    assert (np.diff(values) > 0).all() == improves
    assert len(values) == (4 if improves else 2)
    assert len(list(tmp_path.iterdir())) == (4 if improves else 1)


class Brightness(keras.layers.Layer):
    """Multiplies by a weight with the initial value 0.5."""

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.5))

    def call(self, inputs):
        return inputs * self.factor


def test_direction_must_be_known():
    with pytest.raises(ValueError, match="direction must be one of 'max', 'min', got 'up'"):
        declare_direction(keras.metrics.Mean(), "up")


def small_model():
    model = keras_cae.models.BasicCAE(latent_dim=2, filters=(2, 3))
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def pipelines(monkeypatch):
    """The datasets that Keras runs."""
    ran = []
    distribute = SingleReplicaStrategy.experimental_distribute_dataset

    def recording(strategy, dataset, options=None):
        ran.append(distribute(strategy, dataset, options))
        return ran[-1]

    monkeypatch.setattr(SingleReplicaStrategy, "experimental_distribute_dataset", recording)
    return ran


def test_pipelines_of_arrays_are_not_tuned(pipelines):
    images = np.random.default_rng(0).random((6, 8, 8, 1), dtype="float32")
    model = small_model()
    model.fit(images, validation_split=0.5, sample_weight=np.ones(6), verbose=0)
    model.evaluate(images, verbose=0)
    model.predict(images, batch_size=4, verbose=0)
    assert [pipeline.dataset.options().autotune.enabled for pipeline in pipelines] == [False] * 4


def test_pipelines_of_users_are_tuned_as_they_like(pipelines):
    dataset = tf.data.Dataset.from_tensor_slices(np.zeros((4, 8, 8, 1), "float32")).batch(2)
    small_model().fit(dataset, verbose=0)
    assert [dataset.options().autotune.enabled for dataset in pipelines] == [None]


def iterators_made(monkeypatch, model, data):
    """The number of iterators over datasets that are made in three epochs, after the first one."""
    arguments = (data, data) if isinstance(data, np.ndarray) else (data,)
    model.fit(*arguments, verbose=0)
    made, make = [], tf.data.Dataset.__iter__

    def counting(dataset):
        made.append(dataset)
        return make(dataset)

    with monkeypatch.context() as patched:
        patched.setattr(tf.data.Dataset, "__iter__", counting)
        model.fit(*arguments, epochs=3, verbose=0)
    return len(made)


def test_pipelines_of_arrays_are_started_once_per_epoch(monkeypatch):
    images = np.zeros((4, 8, 8, 1), "float32")
    assert iterators_made(monkeypatch, small_model(), images) == 3


def test_keras_starts_two_pipelines_per_epoch(monkeypatch):
    # If this fails, Keras makes one iterator per epoch, and lazy iterators are no longer needed.
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert iterators_made(monkeypatch, model, np.zeros((4, 8, 8, 1), "float32")) == 6


def test_as_many_iterators_of_a_dataset_are_made_as_by_keras(monkeypatch):
    dataset = tf.data.Dataset.from_tensor_slices(np.zeros((4, 8, 8, 1), "float32")).batch(2)
    assert iterators_made(monkeypatch, small_model(), dataset) == 6
