"""Checks of the images and models passed to plots, and the range in which images are shown."""

import inspect
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.drawing.checked_images import HIGHEST, LOWEST, checked_images
from keras_cae.images import compatible, scale_images
from keras_cae.kinds import KINDS
from keras_cae.models.cae import CAE
from keras_cae.training.inference import batches_of

SIGNAL_AXES = 3


def first_examples(model: Any, images: Any, count: int, name: str = "images") -> np.ndarray:
    """Return the first images of an array, a tensor or a dataset.

    Any finite values are accepted, because the model checks them.

    Args:
        model: the model. If it is built, a single image of the right shape is treated as a batch of one.
        images: the images.
        count: the maximum number of images to return.
        name: name of the argument, for errors.

    Raises:
        ValueError: the images are invalid.
    """
    if isinstance(images, tf.data.Dataset | keras.utils.PyDataset) or inspect.isgenerator(images):
        taken: list[np.ndarray] = []
        for batch in batches_of(images, count, name):
            taken += list(batch)
            if len(taken) >= count:
                break
        images = np.array(taken[:count])
    shape = getattr(model, "built_shape", None)
    if shape is not None and compatible(np.shape(images), shape[1:]):
        images = np.asarray(images)[None]
    return checked_images(images, count, name, any_values=True)


def one_example(model: Any, image: Any, name: str) -> np.ndarray:
    """Return a single image, with or without a batch axis, as a batch of one.

    Raises:
        ValueError: this is not a single image of the model's rank.
    """
    array = np.asarray(image)
    rank = getattr(model, "rank", None)
    if rank is not None and array.ndim not in (rank + 1, rank + 2):
        kind = KINDS[rank]
        raise ValueError(f"{name} must be one {kind.one} {kind.shape_of_one}, got the shape {array.shape}.")
    if array.ndim == (rank or 2) + 1:
        array = array[None]
    if len(array) != 1:
        raise ValueError(f"{name} must be a single example, got {len(array)}. Pass one of them, such as {name}[0].")
    return first_examples(model, array, 1, name)


class Shown:
    """Converts images and the outputs of a model for them to floats that can be shown.

    Floats outside [0, 1] are scaled so that the lowest value is black and the highest is white. Signals are not scaled,
    because the axes of their curves show the values.

    Args:
        images: the examples that determine the range.
    """

    def __init__(self, images: np.ndarray) -> None:
        self.limits: tuple[float, float] | None = None
        if images.dtype.kind == "f" and images.ndim != SIGNAL_AXES:
            low, high = float(images.min()), float(images.max())
            if low < LOWEST or high > HIGHEST:
                self.limits = low, high

    def __call__(self, images: Any) -> np.ndarray:
        images = np.asarray(scale_images(np.asarray(images)), "float32")
        if self.limits is None:
            return images
        low, high = self.limits
        return (images - low) / max(high - low, np.finfo("float32").tiny)

    @property
    def note(self) -> str:
        """The suffix of a title that states the range."""
        return "" if self.limits is None else f", shown from {self.limits[0]:.4g} to {self.limits[1]:.4g}"


def name_of(model: Any) -> str:
    """Return the name of a model for titles and errors."""
    cls = type(model)
    return cls.__name__ if isinstance(model, CAE) or cls.__module__.startswith("keras_cae.") else str(model.name)


def require_model(model: Any) -> None:
    """Raise a `TypeError` if this is not a Keras model."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a keras.Model, got {model!r}."[:300])


def require_codes(model: Any, plot: str) -> None:
    """Raise a `TypeError` if this is not a Keras model with codes."""
    require_model(model)
    for method in ("encode", "decode"):
        if not callable(getattr(model, method, None)):
            raise TypeError(
                f"{plot} requires a model with the method {method}, such as those in keras_cae.models, got "
                f"{name_of(model)}."
            )
