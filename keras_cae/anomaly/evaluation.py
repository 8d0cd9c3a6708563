"""Evaluation of scores on labelled images."""

import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_cae.anomaly.masks import as_masks
from keras_cae.rankings import auroc, average_precision
from keras_cae.training.inference import batches_of

EXPLANATIONS = {
    "image_auroc": "there must be normal and anomalous images",
    "average_precision": "there must be anomalous images",
    "f1": "there must be anomalous images",
    "pixel_auroc": "there must be pixels with and without defects",
    "aupro": "there must be pixels with and without defects",
    "aupimo": "there must be defects, and at least 100,000 pixels in images without",
}
"""The condition under which each result is defined."""
MISSING_LABELS = "labels must be given, unless images is a dataset of (images, labels) or of (images, labels, masks)."


def image_results(scores: np.ndarray, labels: np.ndarray, threshold: float) -> dict[str, float]:
    """Return the results for images by name. Undefined results are NaN.

    Args:
        scores: `(n,)`.
        labels: True for anomalous images, `(n,)`.
        threshold: the score above which an image is classified as anomalous.
    """
    called = scores > np.float32(threshold)
    found = float(np.sum(called & labels))
    return {
        "image_auroc": auroc(scores, labels),
        "average_precision": average_precision(scores, labels),
        "f1": 2 * found / float(np.sum(called) + np.sum(labels)) if labels.any() else float("nan"),
        "accuracy": float(np.mean(called == labels)),
    }


def warn_of_undefined(results: dict[str, float]) -> None:
    """Warn of results that are NaN and explain why they are undefined."""
    undefined = [name for name, value in results.items() if np.isnan(value)]
    if undefined:
        reasons = "; ".join(f"{name}: {EXPLANATIONS[name]}" for name in undefined)
        warnings.warn(f"Not defined for these images, and therefore NaN: {reasons}.", stacklevel=3)


def as_labels(labels: Any) -> np.ndarray:
    """Return labels as booleans, True for anomalous images.

    Raises:
        ValueError: the labels are not a one-dimensional array of zeros and ones.
    """
    array = np.asarray(labels)
    array = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if array.ndim != 1 or array.dtype.kind not in "buif" or not np.isin(array, (0, 1)).all():
        raise ValueError(
            "labels must be 0 or False for normal images and 1 or True for anomalous images, of shape (n,), got "
            f"{_some_of(array)} in the shape {array.shape}. For class labels, pass labels != normal_class."
        )
    return array.astype(bool)


def _some_of(array: np.ndarray) -> str:
    return ", ".join(repr(value) for value in np.unique(array)[:5].tolist()) + (", …" if array.size > 5 else "")


def labelled_batches(
    images: Any, labels: Any, masks: Any, batch_size: int, image_shape: Any
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Yield the batches of images with their labels, and with their masks or None.

    Args:
        images: as in `batches_of`; if `labels` is None, a dataset of `(images, labels)` or `(images, labels, masks)`.
        labels: `(n,)` or None.
        masks: masks of all images, or None.
        batch_size: batch size for arrays.
        image_shape: `(*spatial, channels)`.

    Raises:
        ValueError: labels or masks are invalid, or their number is not that of the images.
    """
    if labels is None:
        yield from _dataset_batches(images, image_shape)
        return
    labels = as_labels(labels)
    masks = None if masks is None else as_masks(masks, labels, image_shape)
    start = 0
    for batch in batches_of(images, batch_size):
        part = slice(start, start + len(batch))
        start += len(batch)
        if start <= len(labels):
            yield batch, labels[part], None if masks is None else masks[part]
    if start != len(labels):
        raise ValueError(f"labels must have one entry for each image, got {len(labels)} for {start} images.")


def _dataset_batches(images: Any, image_shape: Any) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    for element in () if hasattr(images, "shape") else images:
        batch, kinds, masks = keras.utils.unpack_x_y_sample_weight(element)
        if kinds is None:
            raise ValueError(MISSING_LABELS)
        labels = as_labels(kinds)
        yield np.asarray(batch), labels, None if masks is None else as_masks(np.asarray(masks), labels, image_shape)
    if hasattr(images, "shape"):
        raise ValueError(MISSING_LABELS)
