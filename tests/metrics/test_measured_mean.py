"""The mean that is NaN before the first measurement."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae import metrics
from keras_cae.metrics.measured_mean import MeasuredMean

EMPTY = [
    MeasuredMean,
    metrics.PSNR,
    metrics.SSIM,
    metrics.MultiScaleSSIM,
    lambda: metrics.ActiveUnits(3),
    lambda: metrics.CodebookUsage(3),
    lambda: metrics.Perplexity(3),
]


@pytest.mark.parametrize("make", EMPTY, ids=lambda make: make().name)
@pytest.mark.parametrize("jit_compile", [None, False, True], ids=["eager", "graph", "xla"])
def test_nothing_measured_is_nan(make, jit_compile):
    metric = make()
    result = metric.result if jit_compile is None else tf.function(metric.result, jit_compile=jit_compile)
    assert np.isnan(result())
    assert result().dtype == tf.float32


def test_it_is_the_mean_of_what_was_measured():
    metric = MeasuredMean("kl_loss")
    metric.update_state([1.0, 3.0])
    metric.update_state([6.0, 9.0], sample_weight=[2.0, 0.0])
    assert float(metric.result()) == pytest.approx(4)
    metric.update_state(0.0, sample_weight=4)
    assert float(metric.result()) == pytest.approx(2)
    metric.reset_state()
    assert np.isnan(metric.result())


@pytest.mark.parametrize("value", [0.0, -2.0])
def test_zero_and_negative_values_are_measured(value):
    metric = MeasuredMean()
    metric.update_state(value)
    assert float(metric.result()) == value


def test_what_was_not_a_number_stays_so():
    metric = MeasuredMean()
    metric.update_state([1.0, np.nan])
    assert np.isnan(metric.result())


def test_it_is_saved_under_its_name():
    metric = MeasuredMean("kl_loss", dtype="float64")
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is MeasuredMean
    assert again.get_config() == metric.get_config() == {"name": "kl_loss", "dtype": "float64"}


class Reporting(keras.layers.Layer):
    """Measures the sum of its inputs, only in training."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.total = MeasuredMean("total")

    def call(self, inputs, training=False):
        if training:
            self.total.update_state(keras.ops.sum(inputs, axis=-1))
        return inputs


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_in_a_layer(dtype, jit_compile):
    data = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.5]])
    model = keras.Sequential([keras.Input((2,)), Reporting(dtype=dtype), keras.layers.Dense(1, dtype=dtype)])
    model.compile("sgd", "mse", jit_compile=jit_compile)
    logs = model.fit(data, np.zeros((3, 1)), batch_size=2, verbose=0).history
    assert logs["total"] == [pytest.approx(3.5)]
    assert np.isnan(model.evaluate(data, np.zeros((3, 1)), return_dict=True, verbose=0)["total"])


def test_on_two_replicas(two_replicas):
    data = np.arange(12.0, dtype="float32").reshape(6, 2)
    with two_replicas.scope():
        model = keras.Sequential([keras.Input((2,)), Reporting(), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
    logs = model.fit(data, data[:, :1], batch_size=4, verbose=0).history
    assert logs["total"] == [pytest.approx(data.sum(axis=1).mean())]
    assert np.isnan(model.evaluate(data, data[:, :1], batch_size=4, return_dict=True, verbose=0)["total"])


@pytest.mark.parametrize("name", ["mean", "psnr"])
def test_what_one_of_two_replicas_measures_counts(name, two_replicas):
    with two_replicas.scope():
        metric = {"mean": MeasuredMean, "psnr": metrics.PSNR}[name]()

    @tf.function
    def step():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        images = tf.fill((1, 2, 2, 1), 0.1)
        measured = [images[:, 0, 0, 0]] if name == "mean" else [tf.zeros_like(images), images]
        metric.update_state(*measured, sample_weight=[tf.cast(replica == 0, "float32")])

    two_replicas.run(step)
    assert float(metric.result()) == pytest.approx({"mean": 0.1, "psnr": 20}[name], rel=1e-4)
    metric.reset_state()
    assert np.isnan(metric.result())
