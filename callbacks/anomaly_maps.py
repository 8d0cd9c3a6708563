"""Anomaly maps and detection results during training."""

from typing import Any

import numpy as np

from keras_cae.anomaly.anomaly_detector import AnomalyDetector
from keras_cae.anomaly.detection import Detection
from keras_cae.callbacks.summaries import Summary, image, scalar
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.drawing.anomaly_maps import draw_anomaly_maps
from keras_cae.drawing.checked_images import checked_images
from keras_cae.training.random_state import same_noise
from keras_cae.validation import positive_int

DESCRIPTION = (
    "Each column is an image. The colours of the map show how anomalous each pixel is, on a scale from 0 to twice the "
    "threshold of a detector calibrated on the normal images. White marks the known defects."
)
MEASURED = {
    "image_auroc": "Area under the ROC curve of the scores: the probability that an anomalous image has a higher score "
    "than a normal one.",
    "average_precision": "Average precision of the scores of images.",
    "pixel_auroc": "Area under the ROC curve of the pixels.",
    "aupro": "Area under the overlap of regions up to a false-positive rate of 0.3.",
    "aupimo": "Mean recall per image at few false positives in normal images.",
}


class AnomalyMaps(TensorBoardCallback):
    """Shows anomaly maps and detection results in TensorBoard during training.

    After each epoch, a `keras_cae.anomaly.AnomalyDetector` around the model is calibrated on the normal images. The
    callback writes, under the tag "anomaly/…", `maps`, a figure of images, reconstructions, maps and masks; with labels
    or masks also the curves `image_auroc` and `average_precision`; and with masks the curves `pixel_auroc`, `aupro` and
    `aupimo` of the pixels.

    The results are also added to the logs of every epoch, as `val_image_auroc` and so on, for callbacks that come later
    in the list, such as `keras.callbacks.EarlyStopping("val_image_auroc", mode="max")` or `ModelCheckpoint`, and for
    tuners. The trained weights are not affected. With several workers, only the first one measures.

    Args:
        images: `(n, *spatial, channels)`, preferably not the training images: normal images, and anomalous ones if
            there are labels or masks.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        masks: masks of the defects, `(n, *spatial)`, or a list that may contain None for normal images.
        labels: `(n,)`, 1 or True for anomalous images, 0 or False for normal ones. By default, the images whose mask
            contains a defect are anomalous.
        score: as in `AnomalyDetector`.
        pooling: as in `AnomalyDetector`.
        top: as in `AnomalyDetector`.
        smoothing: as in `AnomalyDetector`.
        freq: number of epochs from one summary to the next. Results are measured after every epoch.
        max_images: maximum number of images to show, anomalous and normal ones alternately.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the folder can't be written to, or the model or
            the score is not supported.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32") / 4
    >>> masks = np.zeros((32, 8, 8), bool)
    >>> masks[:8, 2:4, 2:4] = True
    >>> images[masks] = 1
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> maps = keras_cae.callbacks.AnomalyMaps(images, "logs", masks=masks)
    >>> stop = keras.callbacks.EarlyStopping("val_image_auroc", mode="max", patience=2)
    >>> history = model.fit(images[8:], epochs=2, callbacks=[maps, stop], verbose=0)
    >>> history.history["val_image_auroc"][0] > 0.5
    True
    """

    shared_by_copies = ("images", "masks", "detection")

    def __init__(
        self,
        images: Any,
        log_dir: Any = "logs",
        *,
        masks: Any = None,
        labels: Any = None,
        score: Any = "relative",
        pooling: str = "mean",
        top: float = 0.01,
        smoothing: float = 0.0,
        freq: int = 1,
        max_images: int = 8,
    ) -> None:
        super().__init__(log_dir, freq)
        self.images = checked_images(images)
        self.masks, self.labels, self.score = masks, labels, score
        self.pooling, self.top, self.smoothing = pooling, top, smoothing
        self.max_images = positive_int(max_images, "max_images")
        self.detection = Detection(self.images, labels, masks, score, pooling=pooling, top=top, smoothing=smoothing)

    def reset_run(self) -> None:
        super().reset_run()
        self.results: dict[str, float] = {}
        self._detector: AnomalyDetector | None = None

    def incompatibility(self) -> str | None:
        self.inference.reconstruct(self.images[:1])
        try:
            self._detector = self.detection.detector(self.model)
        except TypeError as error:
            return str(error)
        return None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._detector is not None:
            with same_noise(self.model):
                self._detector.calibrate(self.detection.normal)
                self.results = self.detection.measure(self._detector)
            if logs is not None:
                logs.update({f"val_{name}": value for name, value in self.results.items()})
        super().on_epoch_end(epoch, logs)

    def summaries(self, epoch: int) -> dict[str, Summary]:
        assert self._detector is not None
        shown = self._shown()
        found = self._detector.predict(self.images[shown])
        masks = self.detection.masks
        picture = draw_anomaly_maps(
            self.images[shown],
            self.inference.reconstruct(self.images[shown]),
            found["anomaly_map"],
            self._detector.map_threshold,
            None if masks is None else masks[shown],
            found["score"],
        )
        content = {name: scalar(value, MEASURED[name]) for name, value in self.results.items()}
        content["maps"] = image(picture, DESCRIPTION)
        return {f"anomaly/{name}": summary for name, summary in content.items()}

    def _shown(self) -> np.ndarray:
        """Return the indices of the images to show, anomalous and normal ones alternately."""
        labels = self.detection.labels
        if labels is None:
            return np.arange(min(self.max_images, len(self.images)))
        # The first anomalous one, the first normal one, the second anomalous one, …
        turns = np.where(labels, 2 * np.cumsum(labels) - 2, 2 * np.cumsum(~labels) - 1)
        return np.argsort(turns, kind="stable")[: self.max_images]
