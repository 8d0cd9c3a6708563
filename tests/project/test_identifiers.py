"""Losses and metrics by their names."""

import inspect

import keras
import pytest

from keras_cae import losses, metrics
from keras_cae.identifiers import snake_case
from keras_cae.losses.get import replace_names as replace_loss_names
from keras_cae.metrics.get import replace_names as replace_metric_names

LOSSES = {
    "ssim": losses.SSIM,
    "SSIM": losses.SSIM,
    "ms_ssim": losses.MultiScaleSSIM,
    "multi_scale_ssim": losses.MultiScaleSSIM,
    "MultiScaleSSIM": losses.MultiScaleSSIM,
    "charbonnier": losses.Charbonnier,
    "total_variation": losses.TotalVariation,
    "TotalVariation": losses.TotalVariation,
}
METRICS = {
    "psnr": metrics.PSNR,
    "PSNR": metrics.PSNR,
    "ssim": metrics.SSIM,
    "ms_ssim": metrics.MultiScaleSSIM,
    "multi_scale_ssim": metrics.MultiScaleSSIM,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("PSNR", "psnr"), ("MultiScaleSSIM", "multi_scale_ssim"), ("ActiveUnits", "active_units")],
)
def test_snake_case(name, expected):
    assert snake_case(name) == expected


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_the_library(name):
    loss = losses.get(name)
    assert type(loss) is LOSSES[name]
    assert loss.get_config() == LOSSES[name]().get_config()


@pytest.mark.parametrize("name", METRICS)
def test_metrics_of_the_library(name):
    metric = metrics.get(name)
    assert type(metric) is METRICS[name]
    assert metrics.get(name) is not metric, "a metric has a state of its own"


@pytest.mark.parametrize(
    ("namespace", "base", "get"),
    [(losses, losses.ImageLoss, losses.get), (metrics, metrics.ImageMetric, metrics.get)],
)
def test_every_public_class_has_a_name(namespace, base, get):
    for name in namespace.__all__:
        public = getattr(namespace, name)
        if inspect.isclass(public) and issubclass(public, base) and public is not base:
            assert type(get(public().name)) is public


@pytest.mark.parametrize("namespace", [losses, metrics])
def test_whatever_else_keras_takes(namespace):
    of_keras = {losses: keras.losses, metrics: keras.metrics}[namespace]
    instance = of_keras.BinaryCrossentropy(label_smoothing=0.1)
    function = lambda y_true, y_pred: y_pred  # noqa: E731
    assert namespace.get(None) is None
    assert namespace.get(instance) is instance
    assert namespace.get(function) is function
    assert type(namespace.get("MeanSquaredError")) is of_keras.MeanSquaredError
    assert namespace.get(of_keras.serialize(instance)).get_config() == instance.get_config()
    assert type(namespace.get(of_keras.serialize(namespace.SSIM()))) is namespace.SSIM


def test_unknown_losses():
    with pytest.raises(
        ValueError,
        match=r"'psnr' is not the name .* known loss.*'ssim', .*'ms_ssim'.*those of Keras, such as 'mse'",
    ):
        losses.get("psnr")
    with pytest.raises(ValueError, match="'ms-ssim' is not the name or configuration of a known loss"):
        replace_loss_names({"out": "ms-ssim"})


def test_unknown_metrics():
    with pytest.raises(
        ValueError,
        match=r"'charbonnier' is not the name .* known metric.*'psnr', .*those of Keras, such as 'mse'",
    ):
        metrics.get("charbonnier")
    with pytest.raises(ValueError, match="'psnrr' is not the name or configuration of a known metric"):
        replace_metric_names(["mae", ["psnrr"]])


@pytest.mark.parametrize("name", ["mse", "mae", "accuracy", "acc", "MeanAbsoluteError"])
def test_names_of_metrics_of_keras_stay(name):
    assert replace_metric_names(name) == name
    assert replace_metric_names([name]) == [name]


@pytest.mark.parametrize("name", ["mse", "binary_crossentropy", "crossentropy", "ce"])
def test_names_of_losses_of_keras_stay(name):
    assert replace_loss_names(name) == name


def test_nested_names_are_replaced():
    psnr = metrics.PSNR()
    replaced = replace_metric_names({"b": ["mae", "ssim"], "a": ("psnr", psnr, None)})
    assert list(replaced) == ["b", "a"]
    assert replaced["b"][0] == "mae"
    assert type(replaced["b"][1]) is metrics.SSIM
    assert type(replaced["a"][0]) is metrics.PSNR
    assert replaced["a"][1:] == (psnr, None)
    assert type(replace_loss_names(["ssim", losses.SSIM])[0]) is losses.SSIM
    assert replace_loss_names(None) is None
    assert replace_loss_names(losses.SSIM) is losses.SSIM
