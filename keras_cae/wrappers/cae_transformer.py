"""An autoencoder as a transformer of scikit-learn."""

import math
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from keras_cae.wrappers.cae_estimator import CAEEstimator


class CAETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, CAEEstimator):
    """Reduces images to codes, as scikit-learn's `PCA` does: in pipelines, searches and cross-validation.

    `fit` trains a fresh copy of a model, with new weights, and leaves the model that was passed as it is. Images come
    as rows of numbers, `(n, height * width * channels)`, which `image_shape` describes, or as arrays of images.

    Args:
        model: a `CAE`, trained or not. Its configuration counts, and how it was compiled, if it was.
        image_shape: shape of an image, `(height, width, channels)`, for data that come as rows. By default, a model
            of `rank=1` takes a row as a signal of one channel.
        epochs: how often `fit` goes through the images.
        batch_size: number of images in a step, of training and of inference.
        optimizer: how the copy is compiled if `model` is not: any optimizer of Keras.
        loss: the same, any loss of Keras or of this library.
        verbose: as in `keras.Model.fit`; 0 is silent.
        random_state: an integer for the same weights on every `fit`, a `numpy.random.RandomState`, or None. Sets
            Keras's global seed.

    Attributes:
        model_: the trained copy.
        history_: losses and metrics, `{name: [one value per epoch]}`.
        n_features_in_: how many numbers an image has.

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
            X: images, as rows or as they are.
            y: is ignored.
        """
        self.model_, images = self.train(X)
        self._code_shape = self.model_.encode(images[:1]).shape[1:]
        self._n_features_out = math.prod(self._code_shape)
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the codes of images, a row each: `(n, numbers of a code)`."""
        images = self.images_of_fitted(X)
        codes = np.asarray(self.model_.encode(images, batch_size=self.batch_size))
        return codes.reshape(len(codes), -1)

    def inverse_transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the images that codes stand for, in the form in which `fit` got them."""
        check_is_fitted(self, "model_")
        codes = check_array(X, dtype="numeric")
        if codes.shape[1] != self._n_features_out:
            raise ValueError(f"X must have {self._n_features_out} numbers per code, got {codes.shape[1]}.")
        codes = codes.reshape(len(codes), *self._code_shape)
        images = np.asarray(self.model_.decode(codes, batch_size=self.batch_size))
        return images.reshape(len(images), *self._row_shape)

    def score_samples(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the negative mean squared error of each image's reconstruction, `(n,)`: higher is better."""
        images = self.images_of_fitted(X)
        return -self.model_.evaluate_images(images, batch_size=self.batch_size)["mse"]

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return the mean of `score_samples`, by which searches compare: higher is better."""
        return float(np.mean(self.score_samples(X)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # Codes are float32, whatever images are.
        return tags

    def _more_tags(self) -> dict[str, Any]:
        """Return the same for scikit-learn before 1.6."""
        return {"preserves_dtype": []}
