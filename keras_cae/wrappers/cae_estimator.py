"""The base class of the scikit-learn estimators."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from keras_cae.models import CAE

SCALED = ("uint8", "uint16", "bool")
"""The types of images that a model scales. Other integers are treated as values in some unit."""


class CAEEstimator(BaseEstimator):
    """Trains a new copy of a model on images, which may be given as rows of numbers.

    A subclass calls `train` in its `fit`, stores the model as `model_`, and reads the inputs of its other methods with
    `images_of_fitted`.

    Args:
        model: a `CAE`, trained or not.
        image_shape: shape of an image, for data that are given as rows.
        epochs: number of epochs of `fit`.
        batch_size: number of images per batch.
        optimizer: optimizer with which the copy is compiled if `model` is not compiled.
        loss: loss with which the copy is compiled if `model` is not compiled.
        verbose: as in `keras.Model.fit`.
        random_state: an integer, a `numpy.random.RandomState`, or None.
    """

    model_: CAE

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

    def train(self, X: Any) -> tuple[CAE, np.ndarray]:  # noqa: N803  # scikit-learn's name
        """Train a fresh copy of the model to reconstruct images.

        Returns:
            The copy, and the images in the shape that it was trained on.
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
            model = type(self.model).from_config(self.model.get_config())
            self._compile(model)
            history = model.fit(images, epochs=self.epochs, batch_size=self.batch_size, verbose=self.verbose)
        self.history_ = history.history
        return model, images

    def images_of_fitted(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return images in the shape that the trained copy accepts."""
        check_is_fitted(self, "model_")
        data = self._checked(X)
        if math.prod(data.shape[1:]) != self.n_features_in_:
            raise ValueError(
                f"X has {math.prod(data.shape[1:])} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        return self._images(data)

    def _compile(self, model: CAE) -> None:
        if self.model.compiled:
            model.compile_from_config(self.model.get_compile_config())
        else:
            optimizer = keras.optimizers.get(self.optimizer)
            # Copy the optimizer, because it is bound to the first model that it trains.
            model.compile(optimizer=type(optimizer).from_config(optimizer.get_config()), loss=self.loss)

    def _checked(self, X: Any) -> np.ndarray:  # noqa: N803
        data = check_array(X, allow_nd=True, dtype="numeric", ensure_min_samples=1)
        known = data.dtype.name in SCALED or data.dtype.kind == "f"
        return data if known else data.astype("float32")

    def _images(self, data: np.ndarray) -> np.ndarray:
        shape = self.image_shape
        if shape is None:
            if data.ndim > 2:
                return data
            if self.model.rank != 1:
                raise ValueError(
                    f"image_shape must be the shape of the images whose {data.shape[1]} values are given as rows, such "
                    "as (28, 28, 1). It may only be omitted for arrays of images and for models with rank=1."
                )
            shape = (data.shape[1], 1)
        if math.prod(shape) != math.prod(data.shape[1:]):
            raise ValueError(
                f"image_shape must have as many values as an image of X, {math.prod(data.shape[1:])}, got "
                f"{tuple(shape)}, which has {math.prod(shape)}."
            )
        return data.reshape(len(data), *shape)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.random_state is None
        return tags

    def _more_tags(self) -> dict[str, Any]:
        """Return the tags for scikit-learn before 1.6."""
        return {"non_deterministic": self.random_state is None}


@contextmanager
def _seeded(random_state: Any) -> Iterator[None]:
    """Seed the weights and the order of the images, and restore NumPy's global random state afterwards."""
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
