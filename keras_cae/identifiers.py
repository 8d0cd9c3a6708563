"""Losses and metrics by name: names of this library first, then those of Keras.

`losses.get` and `metrics.get` use it.
"""

import inspect
import re
from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any

import keras


def snake_case(name: str) -> str:
    """Return the name of a class in snake case: "multi_scale_ssim" for "MultiScaleSSIM"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class Identifiers:
    """Finds losses or metrics by their identifiers.

    Args:
        kind: "loss" or "metric".
        namespace: namespace that exports the losses or metrics of this library.
        base: base class of the losses or metrics that can be created without arguments.
        keras_get: `keras.losses.get` or `keras.metrics.get`.
        compile_only: names that Keras's `compile` accepts, but `keras_get` does not.
    """

    def __init__(
        self,
        kind: str,
        namespace: ModuleType,
        base: type,
        keras_get: Callable[[Any], Any],
        compile_only: Collection[str],
    ) -> None:
        self.kind = kind
        self.keras_get = keras_get
        self.compile_only = compile_only
        self.classes: dict[str, type] = {}
        for public in (getattr(namespace, name) for name in namespace.__all__):
            if inspect.isclass(public) and issubclass(public, base) and not inspect.isabstract(public):
                default = inspect.signature(public).parameters["name"].default
                for name in (public.__name__, snake_case(public.__name__), default):
                    self.classes[name] = public

    def get(self, identifier: Any) -> Any:
        """Return the object for an identifier, which may also be any identifier that Keras accepts."""
        if isinstance(identifier, str) and identifier in self.classes:
            return self.classes[identifier]()
        try:
            return self.keras_get(identifier)
        except ValueError as error:
            own = ", ".join(repr(name) for name in self.classes if name.islower())
            raise ValueError(
                f"{identifier!r} is not the name or configuration of a known {self.kind}. The names of this library "
                f"are {own}; those of Keras, such as 'mse', are accepted too. Pass any other {self.kind} as an object."
            ) from error

    def replace_names(self, structure: Any) -> Any:
        """Return a structure in which the names of this library are replaced by objects.

        Names of Keras are not replaced, so that Keras logs them as usual, and neither are other values.

        Args:
            structure: an identifier, or lists, tuples and dictionaries of identifiers.

        Raises:
            ValueError: a name is unknown to this library and to Keras.
        """
        return keras.tree.map_structure(self._replaced, structure)

    def _replaced(self, identifier: Any) -> Any:
        if not isinstance(identifier, str) or identifier.lower() in self.compile_only:
            return identifier
        found = self.get(identifier)
        return found if identifier in self.classes else identifier
