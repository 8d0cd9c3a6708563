"""Curves and histograms: the history of training, and the distribution of errors."""

import keras
import numpy as np
import pytest
from figures import check_figure

from keras_cae import plots
from keras_cae.rankings import auroc

# History


def lines(figure):
    return {
        axes.get_ylabel(): {line.get_label(): line.get_xydata().tolist() for line in axes.lines} for axes in figure.axes
    }


def test_history_shows_training_and_validation():
    content = {"psnr": [10, 12], "loss": [0.3, 0.2], "val_loss": [0.4, 0.1], "learning_rate": [1e-3, 1e-4]}
    figure = check_figure(plots.history(content))
    assert list(lines(figure)) == ["loss", "psnr", "learning_rate"]
    assert lines(figure)["loss"] == {"training": [[1, 0.3], [2, 0.2]], "validation": [[1, 0.4], [2, 0.1]]}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "validation"]


def test_history_of_what_fit_returns():
    history = keras.callbacks.History()
    history.history, history.epoch = {"loss": [3.0, 2.0, 1.0, 0.5], "val_loss": [2.0, 1.0]}, [5, 6, 7, 8]
    shown = lines(check_figure(plots.history(history)))["loss"]
    assert [epoch for epoch, _ in shown["training"]] == [6, 7, 8, 9]
    assert [epoch for epoch, _ in shown["validation"]] == [7, 9]


@pytest.mark.parametrize(
    "content", [{"loss": [0.1]}, {"loss": [0.1, np.nan, 0.3]}, {"m" + str(n): [1, 2] for n in range(7)}]
)
def test_history_of_any_length(content):
    assert len(check_figure(plots.history(content)).axes) == len(content)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ([0.3, 0.2], TypeError, "history must be the result of fit"),
        ({}, ValueError, "history must contain at least one epoch"),
        ({"loss": []}, ValueError, "history must contain at least one epoch"),
        ({"loss": ["low"]}, ValueError, r"history\['loss'\] must have one number per epoch"),
        ({"loss": 0.3}, ValueError, r"history\['loss'\] must have one number per epoch"),
    ],
)
def test_what_history_refuses(content, error, message):
    with pytest.raises(error, match=message):
        plots.history(content)


# Errors


def test_errors_of_a_model(basic, images):
    figure = check_figure(plots.error_histogram(basic, images, bins=5))
    expected = np.square(images - basic.predict(images, verbose=0)).mean(axis=(1, 2, 3))
    heights, edges = np.histogram(expected, 5)
    corners = figure.axes[0].patches[0].get_xy()
    assert set(np.round(corners[:, 1]).astype(int)) == {0, *heights}
    np.testing.assert_allclose([corners[:, 0].min(), corners[:, 0].max()], edges[[0, -1]], rtol=1e-5)
    assert figure.axes[0].get_xlabel() == "mean squared error"


def test_bytes_have_the_errors_of_floats(basic, images):
    as_bytes = np.rint(images * 255).astype("uint8")
    figures = [plots.error_histogram(basic, given) for given in (as_bytes, as_bytes / np.float32(255))]
    first, second = (figure.axes[0].patches[0].get_xy() for figure in figures)
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_kinds_of_images_are_told_apart():
    errors = np.random.default_rng(0).random(50)
    labels = np.arange(50) % 3 == 0
    figure = check_figure(plots.error_histogram(errors, None, labels))
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names == ["normal (33)", "anomalous (17)"]
    assert f"AUROC {auroc(errors, labels):.3f}" in figure.axes[0].get_title()
    classes = check_figure(plots.error_histogram(errors, labels=np.array(["a", "b", "c", "d"])[np.arange(50) % 4]))
    names = [text.get_text() for text in classes.axes[0].get_legend().get_texts()]
    assert names == ["a (13)", "b (13)", "c (12)", "d (12)"]


def test_a_detector_has_scores_and_a_threshold(detector, images):
    figure = check_figure(plots.error_histogram(detector, images))
    assert figure.axes[0].get_xlabel() == "anomaly score"
    (line,) = figure.axes[0].lines
    np.testing.assert_allclose(line.get_xdata(), detector.threshold)


def test_errors_of_every_rank(of_rank):
    model, data = of_rank
    noun = {1: "signals", 2: "images", 3: "volumes"}[model.rank]
    assert check_figure(plots.error_histogram(model, data)).axes[0].get_ylabel() == f"number of {noun}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((3, 2)),), r"errors \(n,\), got float64 of shape \(3, 2\)"),
        ((np.full(3, np.nan),), "least one error must be finite"),
        ((np.zeros(3), np.zeros((3, 8, 8, 1))), "images must be omitted if errors are passed"),
        ((np.zeros(3), None, [0, 1]), "labels must have one entry per error, 3 in total"),
        ((np.zeros(30), None, np.arange(30)), "at most 10 different values"),
    ],
)
def test_what_an_error_histogram_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.error_histogram(*arguments)


def test_a_model_needs_images_and_makes_some(basic, images):
    with pytest.raises(ValueError, match="images are required"):
        plots.error_histogram(basic)
    with pytest.raises(ValueError, match="must return images of shape"):
        plots.error_histogram(keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()]), images)
