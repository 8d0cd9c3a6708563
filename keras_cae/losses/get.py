"""Losses by name."""

import functools
import importlib
from typing import Any

import keras

from keras_cae.identifiers import Identifiers
from keras_cae.losses.image_loss import ImageLoss


def get(identifier: Any) -> Any:
    """Return the loss for an identifier, as `keras.losses.get` does, including the losses of this library.

    Args:
        identifier: the name of a loss of this library, such as "ssim", "ms_ssim", "charbonnier" or "total_variation",
            which is created with default arguments; or any identifier that `keras.losses.get` accepts: the name of a
            loss of Keras, an object, a function, a configuration or None.

    Raises:
        ValueError: there is no loss of that name.

    Example:

    >>> keras_cae.losses.get("ms_ssim").name
    'ms_ssim'
    >>> keras_cae.losses.get("mse").__name__
    'mean_squared_error'
    """
    return _identifiers().get(identifier)


def replace_names(structure: Any) -> Any:
    """Return the losses that `compile` received, with the names of this library replaced by its losses."""
    return _identifiers().replace_names(structure)


@functools.cache
def _identifiers() -> Identifiers:
    # The namespace imports this module, so it can only be imported later.
    namespace = importlib.import_module("keras_cae.losses")
    return Identifiers("loss", namespace, ImageLoss, keras.losses.get, ("crossentropy", "ce"))
