"""An autoencoder as a transformer of scikit-learn."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from keras_cae.models import CAE

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise ImportError(
        'keras_cae.wrappers needs scikit-learn. Install it with: pip install "keras-cae[sklearn]"'
    ) from error

SCALED = ("uint8", "uint16", "bool")
"""Types of images that a model scales by itself; other integers are values of some unit."""


class CAETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
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

    def __init__(
        self,
        model: CAE,
        *,
        image_shape: tuple[int, ...] | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: Any = "adam",
        loss: Any = "mse",
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.model = model
        self.image_shape = image_shape
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.loss = loss
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> "CAETransformer":  # noqa: N803  # scikit-learn's name
        """Train a fresh copy of the model to reconstruct images.

        Args:
            X: images, as rows or as they are.
            y: is ignored.
        """
        if not isinstance(self.model, CAE):
            raise TypeError(
                f"model must be a keras_cae model, such as keras_cae.models.BasicCAE(16), got {self.model!r}."
            )
        data = self._checked(X)
        self._row_shape = data.shape[1:]
        self.n_features_in_ = math.prod(data.shape[1:])
        images = self._images(data)
        with _seeded(self.random_state):
            self.model_ = type(self.model).from_config(self.model.get_config())
            self._compile(self.model_)
            history = self.model_.fit(images, epochs=self.epochs, batch_size=self.batch_size, verbose=self.verbose)
            self._code_shape = self.model_.encode(images[:1]).shape[1:]
        self.history_ = history.history
        self._n_features_out = math.prod(self._code_shape)
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the codes of images, a row each: `(n, numbers of a code)`."""
        images = self._images_of_fitted(X)
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
        images = self._images_of_fitted(X)
        return -self.model_.evaluate_images(images, batch_size=self.batch_size)["mse"]

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return the mean of `score_samples`, by which searches compare: higher is better."""
        return float(np.mean(self.score_samples(X)))

    def _compile(self, model: CAE) -> None:
        if self.model.compiled:
            model.compile_from_config(self.model.get_compile_config())
        else:
            optimizer = keras.optimizers.get(self.optimizer)
            # A copy: an optimizer is bound to the first model that it trains.
            model.compile(optimizer=type(optimizer).from_config(optimizer.get_config()), loss=self.loss)

    def _checked(self, X: Any) -> np.ndarray:  # noqa: N803
        data = check_array(X, allow_nd=True, dtype="numeric", ensure_min_samples=1)
        known = data.dtype.name in SCALED or data.dtype.kind == "f"
        return data if known else data.astype("float32")

    def _images_of_fitted(self, X: Any) -> np.ndarray:  # noqa: N803
        check_is_fitted(self, "model_")
        data = self._checked(X)
        if math.prod(data.shape[1:]) != self.n_features_in_:
            raise ValueError(
                f"X has {math.prod(data.shape[1:])} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        return self._images(data)

    def _images(self, data: np.ndarray) -> np.ndarray:
        shape = self.image_shape
        if shape is None:
            if data.ndim > 2:
                return data
            if self.model.rank != 1:
                raise ValueError(
                    f"image_shape must say what shape the {data.shape[1]} numbers of a row have, such as (28, 28, 1). "
                    "Leave it out for arrays of images and for models of rank=1."
                )
            shape = (data.shape[1], 1)
        if math.prod(shape) != math.prod(data.shape[1:]):
            raise ValueError(
                f"image_shape must have as many numbers as an image of X, {math.prod(data.shape[1:])}, got "
                f"{tuple(shape)}, which has {math.prod(shape)}."
            )
        return data.reshape(len(data), *shape)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # Codes are float32, whatever images are.
        tags.non_deterministic = self.random_state is None
        return tags

    def _more_tags(self) -> dict[str, Any]:
        """The same for scikit-learn before 1.6."""
        return {"preserves_dtype": [], "non_deterministic": self.random_state is None}


@contextmanager
def _seeded(random_state: Any) -> Iterator[None]:
    """Draw the weights and the order of the images from a seed; NumPy's global state stays as it was."""
    if random_state is None:
        yield
        return
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    before = np.random.get_state()
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
