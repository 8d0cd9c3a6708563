"""Measurement of a model's anomaly detection during training."""

import warnings
from typing import Any

import keras
import numpy as np

from keras_cae.anomaly.anomaly_detector import AnomalyDetector
from keras_cae.anomaly.evaluation import as_labels
from keras_cae.anomaly.get import get
from keras_cae.anomaly.masks import as_masks
from keras_cae.serialization import deserialize_layer, serialize_layer

AT_THRESHOLD = ("f1", "accuracy")
"""The results that depend on a threshold, which a model does not have during training."""


class Detection:
    """Labelled images, and the options of the detector that detects the anomalous images.

    The normal images calibrate the detector. Without labels and masks, all images are considered normal.

    Args:
        images: `(n, *spatial, channels)`.
        labels: 1 or True for anomalous images, `(n,)`; by default, the images whose mask contains a defect.
        masks: masks of the defects, as in `AnomalyDetector.evaluate`, or None.
        score: as in `AnomalyDetector`.
        **options: options of the detector.

    Raises:
        ValueError: labels or masks don't fit the images, or there are not both normal and anomalous images.
    """

    def __init__(self, images: np.ndarray, labels: Any, masks: Any, score: Any, **options: Any) -> None:
        self.images = images
        get(score, "score")
        self.score = score
        self.options = {name: AnomalyDetector.rules[name](value, name) for name, value in options.items()}
        self.masks: np.ndarray | None = None
        self.labels: np.ndarray | None = None
        if labels is not None:
            self.labels = as_labels(labels)
            if len(self.labels) != len(images):
                raise ValueError(
                    f"labels must have one entry for each image, got {len(self.labels)} for {len(images)} images."
                )
        if masks is not None:
            of_masks = np.zeros(len(images), bool) if self.labels is None else self.labels
            self.masks = as_masks(masks, of_masks, images.shape[1:])
            if self.labels is None:
                self.labels = np.any(self.masks, axis=tuple(range(1, self.masks.ndim)))
        if self.labels is not None and self.labels.all() == self.labels.any():
            kind = "anomalous" if self.labels.all() else "normal"
            raise ValueError(f"labels must contain normal and anomalous images, got {len(images)} {kind} images.")

    @property
    def normal(self) -> np.ndarray:
        """The images that calibrate the detector."""
        return self.images if self.labels is None else self.images[~self.labels]

    def detector(self, model: keras.Model) -> AnomalyDetector:
        """Return a detector around a built model, which must be recalibrated after every epoch.

        Raises:
            ValueError: the model does not support the score.
        """
        score = self.score
        if isinstance(score, keras.layers.Layer):
            score = deserialize_layer(serialize_layer(score))  # a copy, because a score belongs to a single detector
        return AnomalyDetector(model, score, **self.options)

    def measure(self, detector: AnomalyDetector) -> dict[str, float]:
        """Return the results of a calibrated detector that do not depend on a threshold; {} without labels."""
        if self.labels is None:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Undefined results are omitted below.
            results = detector.evaluate(self.images, self.labels, self.masks)
        return {name: value for name, value in results.items() if name not in AT_THRESHOLD and np.isfinite(value)}
