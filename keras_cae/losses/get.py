"""Losses by their names."""

import functools
import importlib
from typing import Any

import keras

from keras_cae.identifiers import Identifiers
from keras_cae.losses.image_loss import ImageLoss


def get(identifier: Any) -> Any:
    """Return the loss that an identifier stands for, as `keras.losses.get` does, the library's included.

    Args:
        identifier: the name of a loss of this library, such as "ssim", "ms_ssim", "charbonnier" or
            "total_variation", with which its arguments have their defaults; or whatever else
            `keras.losses.get` takes: the name of a loss of Keras, an object, a function, a configuration or
            None.

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
    """Return the losses that `compile` was given, with the library's names replaced by its losses."""
    return _identifiers().replace_names(structure)


@functools.cache
def _identifiers() -> Identifiers:
    # The namespace imports this module, so it is looked up when it is complete.
    namespace = importlib.import_module("keras_cae.losses")
    return Identifiers("loss", namespace, ImageLoss, keras.losses.get, ("crossentropy", "ce"))
