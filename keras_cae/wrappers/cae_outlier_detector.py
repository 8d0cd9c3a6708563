"""An autoencoder as a scikit-learn outlier detector."""

from typing import Any

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from keras_cae.anomaly import AnomalyDetector, get
from keras_cae.models import CAE
from keras_cae.validation import share
from keras_cae.wrappers.cae_estimator import CAEEstimator


class CAEOutlierDetector(OutlierMixin, CAEEstimator):
    """Detects outliers among images, as scikit-learn's `IsolationForest` does among rows of numbers.

    `fit` trains a copy of the model with new weights, creates an `AnomalyDetector` around it, and sets the threshold so
    that the share `contamination` of the images are outliers. Images are rows of numbers, `(n, height * width *
    channels)`, whose shape `image_shape` gives, or arrays of images.

    Args:
        model: a `CAE`, trained or not. Only its configuration and its compile arguments are used.
        image_shape: shape of an image, `(height, width, channels)`, for data that are given as rows. By default, a
            model with `rank=1` interprets a row as a signal with one channel.
        anomaly_score: how images are scored, as the `score` of an `AnomalyDetector`: "mse", "relative", "latent" and
            so on, several of them joined by "+", a `Score`, or a function of images and reconstructions.
        pooling: how the scores of the pixels are combined to the score of an image: "mean", "max" or "top".
        top: share of the pixels with the highest scores that "top" averages.
        smoothing: standard deviation in pixels of the Gaussian that smooths the scores of pixels; 0 for none.
        contamination: share of the images of `fit` that are outliers. If all of them are normal, it is the accepted
            share of false alarms.
        epochs: number of epochs of `fit`.
        batch_size: number of images per batch, in training and inference.
        optimizer: optimizer with which the copy is compiled if `model` is not compiled.
        loss: loss of Keras or of this library with which the copy is compiled if `model` is not compiled.
        verbose: as in `keras.Model.fit`; 0 is silent.
        random_state: an integer for the same weights on every `fit`, a `numpy.random.RandomState`, or None. Sets
            Keras's global seed.

    Attributes:
        detector_: the `AnomalyDetector` around the trained copy.
        model_: the trained copy.
        offset_: offset that `decision_function` subtracts from `score_samples`: the negative threshold of the detector.
        history_: losses and metrics, `{name: [one value per epoch]}`.
        n_features_in_: number of values of an image.

    Raises:
        ImportError: scikit-learn is not installed.
        TypeError: in `fit`, `model` is not a `CAE`.
        ValueError: in `fit`, the images do not have `image_shape`, the model refuses them, or another argument is
            invalid.

    Example:

    >>> images = np.random.default_rng(0).random((60, 64), dtype="float32") / 5 + 0.4
    >>> model = keras_cae.models.BasicCAE(4, filters=(4, 8))
    >>> detector = keras_cae.wrappers.CAEOutlierDetector(
    ...     model, image_shape=(8, 8, 1), anomaly_score="mse", contamination=0.05, epochs=2, random_state=0
    ... )
    >>> detector.fit(images).predict(1.5 * images[:3])
    array([-1, -1, -1])
    >>> int((detector.predict(images) == -1).sum())
    3
    """

    def __init__(
        self,
        model: CAE,
        *,
        image_shape: tuple[int, ...] | None = None,
        anomaly_score: Any = "relative",
        pooling: str = "mean",
        top: float = 0.01,
        smoothing: float = 0.0,
        contamination: float = 0.01,
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: Any = "adam",
        loss: Any = "mse",
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            model,
            image_shape=image_shape,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            loss=loss,
            verbose=verbose,
            random_state=random_state,
        )
        self.anomaly_score = anomaly_score
        self.pooling = pooling
        self.top = top
        self.smoothing = smoothing
        self.contamination = contamination

    def fit(self, X: Any, y: Any = None) -> "CAEOutlierDetector":  # noqa: N803  # scikit-learn's name
        """Train a fresh copy of the model on images, and set the threshold by their scores.

        Args:
            X: images, as rows or arrays of images, most of which are normal.
            y: ignored.
        """
        contamination = share(self.contamination, "contamination")
        options = self._detector_options()
        model, images = self.train(X)
        detector = AnomalyDetector(model, **options)
        self.detector_ = detector.calibrate(images, contamination, batch_size=self.batch_size)
        return self

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return 1 for each normal image and -1 for each outlier, `(n,)`."""
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def decision_function(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the signed distance of each image from the threshold, `(n,)`. It is negative for outliers."""
        return self.score_samples(X) - self.offset_

    def score_samples(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the negative score of each image, `(n,)`. Lower is more anomalous."""
        images = self.images_of_fitted(X)
        found = self.detector_.predict(images, batch_size=self.batch_size, maps=False)
        return -found["score"].astype("float64")

    @property
    def model_(self) -> CAE:  # type: ignore[override]
        """The trained copy."""
        check_is_fitted(self, "detector_")
        return self.detector_.autoencoder

    @property
    def offset_(self) -> float:
        """The offset that `decision_function` subtracts from `score_samples`: minus the threshold of `detector_`."""
        check_is_fitted(self, "detector_")
        return -self.detector_.threshold

    def _detector_options(self) -> dict[str, Any]:
        """Return the validated arguments of the detector, with a new copy of the score for every fit."""
        score = get(self.anomaly_score, "anomaly_score")
        maps = ("pooling", "top", "smoothing")
        options = {name: AnomalyDetector.rules[name](getattr(self, name), name) for name in maps}
        return {"score": type(score).from_config(score.get_config()), **options}
