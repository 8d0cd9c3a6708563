"""Convolutional autoencoders for Keras 3 on TensorFlow, trained by plain `model.fit`.

The namespaces are imported when they are first used, so that `import keras_cae` and the command line
stay light. The one exception: as soon as Keras is imported, by whoever comes first, the classes that a
saved file may name are registered with it. `import keras_cae` is therefore all that
`keras.saving.load_model` needs.
"""

import importlib
from types import ModuleType

import wrapt

from keras_cae.backend import require_tensorflow_backend
from keras_cae.version import __version__

NAMESPACES = ("callbacks", "datasets", "hypermodels", "layers", "losses", "metrics", "models", "samplers")
SERIALIZABLE_NAMESPACES = ("layers", "losses", "metrics", "models")

__all__ = [*NAMESPACES, "__version__"]

require_tensorflow_backend()


@wrapt.when_imported("keras")
def register_classes(_keras: ModuleType) -> None:
    """Import the namespaces whose classes `keras.saving` looks up by their registered names."""
    require_tensorflow_backend()
    for namespace in SERIALIZABLE_NAMESPACES:
        importlib.import_module(f"{__name__}.{namespace}")


def __getattr__(name: str) -> ModuleType:
    if name in NAMESPACES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *NAMESPACES})
