"""A histogram of the errors or scores of images."""

from typing import Any

import keras
import numpy as np

from keras_cae.anomaly.anomaly_detector import AnomalyDetector
from keras_cae.drawing.reconstructions import mean_squared_errors
from keras_cae.images import scale_images
from keras_cae.kinds import KINDS
from keras_cae.plots.examples import name_of
from keras_cae.plots.page import Page
from keras_cae.rankings import auroc
from keras_cae.training.inference import batches_of, joined
from keras_cae.validation import positive_int

BATCH_SIZE = 128
GROUPS = ("normal", "anomalous")
MOST_GROUPS = 10


def error_histogram(
    model: Any,
    images: Any = None,
    labels: Any = None,
    *,
    bins: int = 40,
    figsize: Any = None,
    dpi: Any = None,
    figure: Any = None,
) -> Any:
    """Show the distribution of the errors of images, with a colour for each kind of image.

    The errors are the mean squared errors of the reconstructions, or the scores of an `AnomalyDetector`, with the
    threshold as a line. If there are normal and anomalous images, the title states the area under the ROC curve.

    Args:
        model: a model that maps images to images, or an `AnomalyDetector`; or errors or scores, `(n,)`.
        images: `(n, height, width, channels)`, signals or volumes, or a dataset of batches; None for errors.
        labels: `(n,)`: 0 or False for normal images and 1 or True for anomalous ones, or the numbers or names of up to
            ten classes.
        bins: the number of bins.
        figsize: width and height of the figure in inches.
        dpi: pixels per inch.
        figure: a `matplotlib.figure.Figure` or `SubFigure` to draw into.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: no error is finite, the number of labels differs from that of the errors, or the images are invalid.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> figure = keras_cae.plots.error_histogram(model, images, labels=np.arange(32) % 2)
    """
    page = Page(figsize, dpi, figure)
    bins = positive_int(bins, "bins")
    errors, what = _errors_of(model, images)
    groups = {"": errors} if labels is None else _groups(errors, labels)
    finite = errors[np.isfinite(errors)]
    if not finite.size:
        raise ValueError(f"At least one error must be finite, got only NaN or infinity in {len(errors)} values.")
    drawn = page.open(6.4 + (0 if labels is None else 0.6), 3.8)
    axes = drawn.add_subplot()
    edges = np.histogram_bin_edges(finite, bins)
    # Many overlapping areas would be indistinguishable.
    style = {"histtype": "step", "linewidth": 1.5} if len(groups) > 3 else {"histtype": "stepfilled", "alpha": 0.6}
    for name, group in groups.items():
        label = f"{name} ({len(group)})" if name else None
        axes.hist(group[np.isfinite(group)], edges, label=label, **style)
    title = _title(model, errors, groups)
    if isinstance(model, AnomalyDetector):
        axes.axvline(model.threshold, color="black", linestyle="--", linewidth=1, label="threshold")
    if labels is not None or isinstance(model, AnomalyDetector):
        page.legend(axes)
    kind = KINDS[getattr(model, "rank", 2)]
    page.label(axes, what, f"number of {kind.noun}", title)
    axes.yaxis.get_major_locator().set_params(integer=True)
    return drawn


def _errors_of(model: Any, images: Any) -> tuple[np.ndarray, str]:
    """Return the error of each image, and the name of the error."""
    if not isinstance(model, keras.Model):
        if images is not None:
            raise ValueError(f"images must be omitted if errors are passed, got images and {type(model).__name__}.")
        errors = np.asarray(model)
        if errors.ndim != 1 or not errors.size or errors.dtype.kind not in "fiu":
            raise ValueError(
                f"model must be a Keras model, or errors (n,), got {errors.dtype} of shape {errors.shape}. The errors "
                "of images are in model.evaluate_images(images)['mse']."
            )
        return errors.astype("float64"), "error"
    if images is None:
        raise ValueError("images are required to measure the errors of a model, got None.")
    if isinstance(model, AnomalyDetector):
        return model.predict(images, maps=False)["score"], "anomaly score"
    return joined(_errors_of_batch(model, batch) for batch in batches_of(images, BATCH_SIZE)), "mean squared error"


def _errors_of_batch(model: keras.Model, images: np.ndarray) -> np.ndarray:
    made = model.predict_on_batch(images)
    if getattr(made, "shape", None) != images.shape:
        raise ValueError(
            f"{name_of(model)} must return images of shape {images.shape} to have errors, got "
            f"{getattr(made, 'shape', made)}."
        )
    return mean_squared_errors(np.asarray(scale_images(images), "float32"), np.asarray(made, "float32"))


def _groups(errors: np.ndarray, labels: Any) -> dict[str, np.ndarray]:
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != errors.shape:
        raise ValueError(f"labels must have one entry per error, {len(errors)} in total, got the shape {labels.shape}.")
    classes = np.unique(labels)
    if len(classes) > MOST_GROUPS:
        raise ValueError(f"labels must have at most {MOST_GROUPS} different values, got {len(classes)}.")
    if labels.dtype.kind in "iubf" and np.isin(classes, (0, 1)).all():
        return {GROUPS[int(value)]: errors[labels == value] for value in classes}
    return {str(value): errors[labels == value] for value in classes}


def _title(model: Any, errors: np.ndarray, groups: dict[str, np.ndarray]) -> str:
    of = f" of {name_of(model)}" if isinstance(model, keras.Model) else ""
    title = f"{'Scores' if isinstance(model, AnomalyDetector) else 'Errors'}{of}"
    if tuple(groups) != GROUPS:
        return title
    together = np.nan_to_num(np.concatenate(list(groups.values())), nan=np.inf)
    anomalous = np.arange(len(together)) >= len(groups["normal"])
    return f"{title}, AUROC {auroc(together, anomalous):.3f}"
