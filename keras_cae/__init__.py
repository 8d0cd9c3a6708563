"""Convolutional autoencoders for Keras 3 on TensorFlow, trained by plain `model.fit`.

The namespaces are imported on first use, so that `import keras_cae` and the command line start quickly. As soon as
Keras is imported too, before or after, all classes that a saved file may refer to are registered with it, so that
`keras.saving.load_model` only needs `import keras_cae`.
"""

import importlib
from typing import Any

from keras_cae.backend import require_tensorflow_backend
from keras_cae.registration import register_classes_after_keras
from keras_cae.version import __version__

NAMESPACES = (
    "anomaly",
    "callbacks",
    "datasets",
    "hypermodels",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "plots",
    "samplers",
    "tiling",
    "wrappers",
)

FUNCTIONS = {"recommended_dtype_policy": "keras_cae.fastest_policy"}
"""The modules of the functions that are exported at the top level."""

__all__ = [*NAMESPACES, *FUNCTIONS, "__version__"]

require_tensorflow_backend()
register_classes_after_keras(__name__, __path__)


def __getattr__(name: str) -> Any:
    if name in NAMESPACES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in FUNCTIONS:
        return getattr(importlib.import_module(FUNCTIONS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *NAMESPACES, *FUNCTIONS})
