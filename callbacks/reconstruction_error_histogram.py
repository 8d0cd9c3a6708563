"""Histograms of the reconstruction errors of normal and anomalous images."""

from typing import Any

import numpy as np

from keras_cae.callbacks.summaries import Summary, histogram, image, scalar
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.drawing.checked_images import checked_images
from keras_cae.drawing.reconstructions import draw_ranked_reconstructions, mean_squared_errors
from keras_cae.images import scale_images
from keras_cae.kinds import kind_of
from keras_cae.validation import positive_int

ERRORS = "Mean squared error of each image."
AUROC = (
    "Area under the ROC curve of the mean squared error as an anomaly score: the probability that an anomalous image "
    "has a larger error than a normal one. 0.5 is chance level."
)
WORST = "The normal images with the largest mean squared errors, the largest first."


class ReconstructionErrorHistogram(TensorBoardCallback):
    """Shows the reconstruction errors of normal and anomalous images in TensorBoard.

    In each epoch, the callback writes under the tag "reconstruction_error/…": `normal`, the histogram of the mean
    squared errors of the images; with anomalous images also `anomalous`, the histogram of their errors with the same
    limits, and `auroc`, the probability that an anomalous image has a larger error than a normal one; and `worst`, a
    figure of the normal images with the largest errors. No corruption is applied.

    It works with all models that map images to images of the same shape. Training is not affected.

    Args:
        normal: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes.
        log_dir: folder of the event files, created when training begins; or the `keras.callbacks.TensorBoard` whose
            folder to share, read when training begins.
        anomalous: images that should be reconstructed badly; None for none.
        freq: number of epochs from one summary to the next.
        max_images: maximum number of images of each kind; only the first ones are used.
        worst: number of normal images in the figure.

    Raises:
        ValueError: an argument is invalid; or, when training begins, the folder can't be written to, or the images
            don't fit the model, or their reconstructions have another shape.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> errors = keras_cae.callbacks.ReconstructionErrorHistogram(images, "logs", anomalous=1 - images)
    >>> history = model.fit(images, callbacks=[errors], verbose=0)
    """

    shared_by_copies = ("normal", "anomalous")

    def __init__(
        self,
        normal: Any,
        log_dir: Any = "logs",
        *,
        anomalous: Any = None,
        freq: int = 1,
        max_images: int = 128,
        worst: int = 8,
    ) -> None:
        super().__init__(log_dir, freq)
        self.max_images = positive_int(max_images, "max_images")
        self.worst = positive_int(worst, "worst")
        self.normal = checked_images(normal, self.max_images, "normal")
        self.anomalous = anomalous
        if anomalous is not None:
            self.anomalous = checked_images(anomalous, self.max_images, "anomalous")
            if self.anomalous.ndim != self.normal.ndim:
                raise ValueError(
                    f"anomalous must be {kind_of(self.normal).noun} like normal, of shape "
                    f"{kind_of(self.normal).shape}, got the shape {np.shape(anomalous)}."
                )

    def incompatibility(self) -> str | None:
        for images in (self.normal, self.anomalous):
            if images is None:
                continue
            made = getattr(self.inference.reconstruct(images[:1]), "shape", (None,))
            if made[1:] != images.shape[1:]:
                return f"it maps images of shape {images.shape[1:]} to {made[1:]}, so their error is undefined."
        return None

    def summaries(self, epoch: int) -> dict[str, Summary]:
        images, reconstructions, errors = self._measure(self.normal)
        groups = {"normal": errors}
        content = {}
        if self.anomalous is not None:
            groups["anomalous"] = self._measure(self.anomalous)[2]
            content["auroc"] = scalar(auroc(errors, groups["anomalous"]), AUROC)
        limits = _limits(np.concatenate(list(groups.values())))
        for name, group in groups.items():
            content[name] = histogram(group, ERRORS, limits)
        worst = np.argsort(-np.nan_to_num(errors, nan=np.inf), kind="stable")[: self.worst]
        picture = draw_ranked_reconstructions(images[worst], reconstructions[worst], errors[worst])
        content["worst"] = image(picture, WORST)
        return {f"reconstruction_error/{name}": summary for name, summary in content.items()}

    def _measure(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return images and reconstructions as floats, and the error of each image."""
        reconstructions = self.inference.reconstruct(images)
        images = np.asarray(scale_images(images), "float32")
        return images, reconstructions, mean_squared_errors(images, reconstructions)


def auroc(negatives: np.ndarray, positives: np.ndarray) -> float:
    """Return the probability that a positive has the larger value; ties count as half."""
    _, ranks, counts = np.unique(np.concatenate([negatives, positives]), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    n, m = len(negatives), len(positives)
    return float((middle[ranks[n:]].sum() - m * (m + 1) / 2) / (n * m))


def _limits(errors: np.ndarray) -> tuple[float, float] | None:
    errors = errors[np.isfinite(errors)]
    return (float(errors.min()), float(errors.max())) if errors.size else None
