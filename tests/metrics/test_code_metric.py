"""Common properties of all metrics of codes."""

import keras
import numpy as np
import pytest
from checks import public_subclasses

from keras_cae import metrics
from keras_cae.compatibility import declared_direction
from keras_cae.metrics import ActiveUnits, CodebookUsage, Perplexity
from keras_cae.metrics.code_metric import CodeMetric

METRICS = {
    "active_units": (lambda: ActiveUnits(2), np.array([[0.0, 1.0], [2.0, 1.0]])),
    "codebook_usage": (lambda: CodebookUsage(4), np.array([[0, 1], [2, 2]])),
    "perplexity": (lambda: Perplexity(4), np.array([[0, 1], [2, 2]])),
}


def test_every_metric_of_codes_is_here():
    assert {type(make()) for make, _ in METRICS.values()} == set(public_subclasses(metrics, CodeMetric))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
def test_in_compile_they_say_where_they_belong(name, argument):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    metric = METRICS[name][0]()
    model.compile("sgd", "mse", **{argument: [metric]})
    with pytest.raises(TypeError, match=rf"{type(metric).__name__} measures codes.* log it automatically"):
        model.fit(np.zeros((2, 2)), np.zeros((2, 2)), sample_weight=np.ones(2), verbose=0)


@pytest.mark.parametrize("name", METRICS)
def test_weights_are_given_by_name(name):
    make, codes = METRICS[name]
    metric = make()
    metric.update_state(codes, sample_weight=np.array([1.0, 0.0]))
    first = make()
    first.update_state(codes[:1])
    assert float(metric.result()) == float(first.result())
    with pytest.raises(TypeError, match="sample_weight=weights"):
        metric.update_state(codes, np.ones(2))


@pytest.mark.parametrize("name", METRICS)
def test_weights_of_zero_measure_nothing(name):
    make, codes = METRICS[name]
    metric = make()
    metric.update_state(codes, sample_weight=np.zeros(2))
    assert np.isnan(metric.result())


@pytest.mark.parametrize("name", METRICS)
def test_larger_is_declared_better(name):
    assert declared_direction(METRICS[name][0]()) == "max"


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract class CodeMetric"):
        CodeMetric("codes")
