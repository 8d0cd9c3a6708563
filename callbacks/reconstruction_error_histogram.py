"""How well single images are reconstructed, and whether anomalous ones can be told by it."""

from typing import Any

import numpy as np

from keras_cae.callbacks.image_grid import reconstruction_grid
from keras_cae.callbacks.shown_images import shown_images
from keras_cae.callbacks.summaries import Summary, histogram, image, scalar
from keras_cae.callbacks.tensorboard_callback import TensorBoardCallback
from keras_cae.images import scale_images
from keras_cae.validation import positive_int

SMALLEST_SIDE = 48
ERRORS = "Mean squared error of each image."
AUROC = (
    "Area under the receiver operating characteristic curve, if the mean squared error tells anomalous "
    "images from normal ones: the probability that an anomalous image has the larger error. 0.5 is chance."
)
WORST = "The normal images with the largest mean squared errors, the worst first."


class ReconstructionErrorHistogram(TensorBoardCallback):
    """Shows in TensorBoard how well each image is reconstructed, normal ones and anomalous ones.

    Writes each epoch, under the tag "reconstruction_error/…": the histogram `normal` of the images' mean
    squared errors; given anomalous images, the histogram `anomalous` of theirs, with the same limits, and
    `auroc`, the probability that an anomalous image has a larger error than a normal one; `worst`, a picture
    of the normal images with the largest errors, as `ReconstructionLogger` shows images. No corruption is
    applied.

    For all models from images to images of the same shape. Training is not touched.

    Args:
        normal: `(n, height, width, channels)`, floats in [0, 1] or integers.
        anomalous: images that are to be reconstructed badly; None for none.
        log_dir: folder of the event files, made when training begins; or the `keras.callbacks.TensorBoard`
            whose folder to share, read when training begins.
        freq: number of epochs from one summary to the next.
        max_images: how many images of each kind to take at most, the first ones.
        worst: how many of the worst images to show.

    Raises:
        ValueError: an argument is not of the kind named above; or, when training begins, the folder can't be
            written to, or the images or what the model makes of them have another shape.

    Example:

    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(latent_dim=4, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> errors = keras_cae.callbacks.ReconstructionErrorHistogram(images, 1 - images, log_dir="logs")
    >>> history = model.fit(images, callbacks=[errors], verbose=0)
    """

    shared_by_copies = ("normal", "anomalous")

    def __init__(
        self,
        normal: Any,
        anomalous: Any = None,
        log_dir: Any = "logs",
        freq: int = 1,
        max_images: int = 128,
        worst: int = 8,
    ) -> None:
        super().__init__(log_dir, freq)
        self.max_images = positive_int(max_images, "max_images")
        self.worst = positive_int(worst, "worst")
        self.normal = shown_images(normal, self.max_images, "normal")
        self.anomalous = anomalous
        if anomalous is not None:
            self.anomalous = shown_images(anomalous, self.max_images, "anomalous")

    def misfit(self) -> str | None:
        for images in (self.normal, self.anomalous):
            if images is None:
                continue
            made = getattr(self.inference.reconstruct(images[:1]), "shape", (None,))
            if made[1:] != images.shape[1:]:
                return f"it makes {made[1:]} of images of shape {images.shape[1:]}, so there is no error."
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
        picture = reconstruction_grid(
            {"input": images[worst], "reconstruction": reconstructions[worst]},
            error=np.abs(images[worst] - reconstructions[worst]).mean(axis=-1),
            captions={"MSE": [f"{error:.2g}" for error in errors[worst]]},
            smallest_side=SMALLEST_SIDE,
        )
        content["worst"] = image(picture, WORST)
        return {f"reconstruction_error/{name}": summary for name, summary in content.items()}

    def _measure(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Images and reconstructions as floats, and the error of each."""
        reconstructions = self.inference.reconstruct(images)
        images = np.asarray(scale_images(images), "float32")
        return images, reconstructions, np.square(images - reconstructions).mean(axis=(1, 2, 3))


def auroc(negatives: np.ndarray, positives: np.ndarray) -> float:
    """The probability that a positive has the larger value, ties counted as half."""
    _, ranks, counts = np.unique(np.concatenate([negatives, positives]), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    n, m = len(negatives), len(positives)
    return float((middle[ranks[n:]].sum() - m * (m + 1) / 2) / (n * m))


def _limits(errors: np.ndarray) -> tuple[float, float] | None:
    errors = errors[np.isfinite(errors)]
    return (float(errors.min()), float(errors.max())) if errors.size else None
