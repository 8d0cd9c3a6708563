"""Metrics by name."""

import functools
import importlib
from typing import Any

import keras

from keras_cae.identifiers import Identifiers
from keras_cae.metrics.image_metric import ImageMetric


def get(identifier: Any) -> Any:
    """Return the metric for an identifier, as `keras.metrics.get` does, including the metrics of this library.

    Args:
        identifier: the name of a metric of this library, "psnr", "ssim" or "ms_ssim", which is created with default
            arguments; or any identifier that `keras.metrics.get` accepts: the name of a metric of Keras, an object, a
            function, a configuration or None.

    Raises:
        ValueError: there is no metric of that name.

    Example:

    >>> keras_cae.metrics.get("psnr").name
    'psnr'
    >>> keras_cae.metrics.get("mae").name
    'mean_absolute_error'
    """
    return _identifiers().get(identifier)


def replace_names(structure: Any) -> Any:
    """Return the metrics that `compile` received, with the names of this library replaced by its metrics."""
    return _identifiers().replace_names(structure)


@functools.cache
def _identifiers() -> Identifiers:
    # The namespace imports this module, so it can only be imported later.
    namespace = importlib.import_module("keras_cae.metrics")
    return Identifiers("metric", namespace, ImageMetric, keras.metrics.get, ("acc",))
