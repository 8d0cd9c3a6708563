"""The quality of anomaly detection with the model of a trial."""

from typing import Any

import keras

from keras_cae.anomaly.anomaly_detector import AnomalyDetector
from keras_cae.anomaly.detection import Detection


class DetectionQuality(keras.callbacks.Callback):
    """Adds the results of a detector around the model to the logs of every epoch, as `val_image_auroc` and so on.

    Args:
        detection: the labelled images.
    """

    def __init__(self, detection: Detection) -> None:
        super().__init__()
        self.detection = detection
        self._detector: AnomalyDetector | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        self._detector = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._detector is None:
            self._detector = self.detection.detector(self.model)
        self._detector.calibrate(self.detection.normal)
        results = self.detection.measure(self._detector)
        logs.update({f"val_{name}": value for name, value in results.items()})
