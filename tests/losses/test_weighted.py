"""Sums of losses: their parts, their configuration and their errors."""

import keras
import numpy as np
import pytest

from keras_cae import losses
from keras_cae.losses import SSIM, Charbonnier, Weighted

IMAGES, OTHERS = np.random.default_rng(0).random((2, 3, 12, 13, 2), dtype="float32")


@keras.saving.register_keras_serializable(package="tests")
class PerImage(keras.losses.Loss):
    """A third-party loss with one value per image."""

    def call(self, y_true, y_pred):
        return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=(1, 2, 3))


@keras.saving.register_keras_serializable(package="tests")
def per_value(y_true, y_pred):
    return keras.ops.abs(y_true - y_pred)


@pytest.mark.parametrize("weights", [None, np.array([1.0, 0.0, 3.0])])
@pytest.mark.parametrize(
    "part",
    [
        "mse",
        "ssim",
        "MeanAbsoluteError",
        "binary_crossentropy",
        SSIM(),
        Charbonnier(),
        PerImage(),
        Weighted(["mae"]),
    ],
    ids=lambda part: part if isinstance(part, str) else type(part).__name__,
)
def test_a_part_counts_as_it_would_alone(part, weights):
    alone = losses.get(part)
    each = [np.mean(alone(IMAGES[i : i + 1], OTHERS[i : i + 1])) for i in range(3)]
    squared = ((IMAGES - OTHERS) ** 2).mean(axis=(1, 2, 3))
    expected = np.mean((2.5 * np.array(each) + 0.5 * squared) * (1 if weights is None else weights))
    value = Weighted([part, "mse"], [2.5, 0.5])(IMAGES, OTHERS, sample_weight=weights)
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_values_of_each_channel_are_averaged():
    expected = np.abs(IMAGES - OTHERS).mean()
    assert float(Weighted([per_value])(IMAGES, OTHERS)) == pytest.approx(expected, rel=1e-5)


def test_a_loss_without_a_batch_axis_is_added_as_it_is():
    dice = keras.losses.Dice()
    value = Weighted([dice, "mse"], [2, 0])(IMAGES, OTHERS)
    assert float(value) == pytest.approx(2 * float(dice(IMAGES, OTHERS)), rel=1e-5)


def test_everything_that_keras_can_save_is_in_the_configuration():
    smoothed = keras.losses.BinaryCrossentropy(label_smoothing=0.3)
    loss = Weighted(["mse", smoothed, PerImage(), per_value, Weighted([SSIM(), "mae"])])
    again = Weighted.from_config(loss.get_config())
    assert again.get_config() == loss.get_config()
    assert again.weights == (1.0,) * 5
    assert again.losses[1].get_config()["label_smoothing"] == 0.3
    assert float(again(IMAGES, OTHERS)) == pytest.approx(float(loss(IMAGES, OTHERS)), rel=1e-6)


@pytest.mark.parametrize("parts", ["mse", [], None, SSIM()])
def test_losses_must_be_a_sequence(parts):
    with pytest.raises(ValueError, match="losses must be a sequence of at least one loss"):
        Weighted(parts)


@pytest.mark.parametrize("loss", ["nothing", None, 3])
def test_losses_must_be_known(loss):
    with pytest.raises(ValueError, match=r"losses\[1\] must be a loss or the name of one, got"):
        Weighted(["mse", loss])


def test_losses_that_are_reduced_otherwise_are_refused():
    with pytest.raises(ValueError, match=r"losses\[0\] must have the reduction .* got 'sum'. Pass the reduction"):
        Weighted([keras.losses.MeanSquaredError(reduction="sum")])


@pytest.mark.parametrize("weights", [[1.0], 1.0, "12", [1, 2, 3]])
def test_one_weight_for_each(weights):
    with pytest.raises(ValueError, match="weights must be a sequence of 2 numbers, one for each loss, got"):
        Weighted(["mse", "mae"], weights)


@pytest.mark.parametrize("weight", [-1, float("nan"), None])
def test_weights_must_be_numbers(weight):
    with pytest.raises(ValueError, match=r"weights\[1\] must be a finite number, zero or above"):
        Weighted(["mse", "mae"], [1, weight])


def test_values_of_rows_are_refused():
    rows = lambda y_true, y_pred: keras.ops.mean(y_pred, axis=(2, 3))  # noqa: E731
    with pytest.raises(ValueError, match=r"per pixel, \(3, 12, 13\), but .* of shape \(3, 12\)"):
        Weighted([rows])(IMAGES, OTHERS)
