"""Registration of the library's classes with Keras as soon as Keras is imported."""

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

import wrapt

from keras_cae.backend import require_tensorflow_backend

SERIALIZABLE_NAMESPACES = ("anomaly", "layers", "losses", "metrics", "models", "optimizers")


def register_classes_after_keras(package: str, path: Iterable[str]) -> None:
    """Import the namespaces whose classes a saved file may refer to, once Keras is imported.

    Keras may be imported by a module of this package that is itself still being imported. The namespaces may need that
    module, so they are only imported when no module of the package is partially imported.

    Args:
        package: name of this package.
        path: its `__path__`.
    """
    unfinished = set(_modules(package, path)) - sys.modules.keys()

    def register_classes(imported: ModuleType) -> None:
        unfinished.discard(imported.__name__)
        if "keras" not in sys.modules or unfinished & sys.modules.keys():
            return
        require_tensorflow_backend()
        for namespace in SERIALIZABLE_NAMESPACES:
            importlib.import_module(f"{package}.{namespace}")

    for name in (*unfinished, "keras"):
        wrapt.when_imported(name)(register_classes)


def _modules(package: str, path: Iterable[str]) -> Iterator[str]:
    """Yield the names of all modules in a package without importing them."""
    for module in pkgutil.iter_modules(path, f"{package}."):
        yield module.name
        if module.ispkg:
            folder = module.name.rsplit(".", 1)[-1]
            yield from _modules(module.name, [os.path.join(part, folder) for part in path])
