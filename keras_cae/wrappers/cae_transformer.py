"""An autoencoder as a scikit-learn transformer."""

import math
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from keras_cae.wrappers.cae_estimator import CAEEstimator


class CAETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, CAEEstimator):
    """Reduces images to codes, as scikit-learn's `PCA` does: in pipelines, searches and cross-validation.

    `fit` trains a copy of the model with new weights and leaves the given model unchanged. Images are rows of numbers,
    `(n, height * width * channels)`, whose shape `image_shape` gives, or arrays of images.

    Args:
        model: a `CAE`, trained or not. Only its configuration and its compile arguments are used.
        image_shape: shape of an image, `(height, width, channels)`, for data that are given as rows. By default, a
            model with `rank=1` interprets a row as a signal with one channel.
        epochs: number of epochs of `fit`.
        batch_size: number of images per batch, in training and inference.
        optimizer: optimizer with which the copy is compiled if `model` is not compiled.
        loss: loss of Keras or of this library with which the copy is compiled if `model` is not compiled.
        verbose: as in `keras.Model.fit`; 0 is silent.
        random_state: an integer for the same weights on every `fit`, a `numpy.random.RandomState`, or None. Sets
            Keras's global seed.

    Attributes:
        model_: the trained copy.
        history_: losses and metrics, `{name: [one value per epoch]}`.
        n_features_in_: number of values of an image.

    Raises:
        ImportError: scikit-learn is not installed.
        TypeError: in `fit`, `model` is not a `CAE`.
        ValueError: in `fit`, the images do not have `image_shape`, or the model refuses them.

    Example:

    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> images = np.random.default_rng(0).random((60, 64), dtype="float32")
    >>> model = keras_cae.models.BasicCAE(4, filters=(4, 8))
    >>> encoder = keras_cae.wrappers.CAETransformer(model, image_shape=(8, 8, 1), epochs=1, random_state=0)
    >>> classifier = make_pipeline(encoder, LogisticRegression()).fit(images, images[:, 0] > 0.5)
    >>> classifier[0].transform(images).shape
    (60, 4)
    """

    def fit(self, X: Any, y: Any = None) -> "CAETransformer":  # noqa: N803  # scikit-learn's name
        """Train a fresh copy of the model to reconstruct images.

        Args:
            X: images, as rows or arrays of images.
            y: ignored.
        """
        self.model_, images = self.train(X)
        self._code_shape = self.model_.encode(images[:1]).shape[1:]
        self._n_features_out = math.prod(self._code_shape)
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the codes of images as rows, `(n, values of a code)`."""
        images = self.images_of_fitted(X)
        codes = np.asarray(self.model_.encode(images, batch_size=self.batch_size))
        return codes.reshape(len(codes), -1)

    def inverse_transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the images that are decoded from codes, in the shape that `fit` received."""
        check_is_fitted(self, "model_")
        codes = check_array(X, dtype="numeric")
        if codes.shape[1] != self._n_features_out:
            raise ValueError(f"X must have {self._n_features_out} values per code, got {codes.shape[1]}.")
        codes = codes.reshape(len(codes), *self._code_shape)
        images = np.asarray(self.model_.decode(codes, batch_size=self.batch_size))
        return images.reshape(len(images), *self._row_shape)

    def score_samples(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the negative mean squared error of each image's reconstruction, `(n,)`: higher is better."""
        images = self.images_of_fitted(X)
        return -self.model_.evaluate_images(images, batch_size=self.batch_size)["mse"]

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return the mean of `score_samples`, which searches maximize."""
        return float(np.mean(self.score_samples(X)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # Codes are float32 for images of any type.
        return tags

    def _more_tags(self) -> dict[str, Any]:
        """Return the tags for scikit-learn before 1.6."""
        return {"preserves_dtype": []}
