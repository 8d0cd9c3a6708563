"""Losses and metrics by the names that `compile` takes: the library's own, then those of Keras."""

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
    """Finds the losses, or the metrics, that identifiers stand for.

    Args:
        kind: "loss" or "metric".
        namespace: where the library exports its own.
        base: the class from which those are derived that need no arguments.
        keras_get: `keras.losses.get` or `keras.metrics.get`.
        compile_only: names that are known to Keras's `compile`, but not to `keras_get`.
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
        """Return the object of that name; whatever else Keras takes as an identifier is left to it."""
        if isinstance(identifier, str) and identifier in self.classes:
            return self.classes[identifier]()
        try:
            return self.keras_get(identifier)
        except ValueError as error:
            own = ", ".join(repr(name) for name in self.classes if name.islower())
            raise ValueError(
                f"{identifier!r} is not a {self.kind} that is known by name or configuration. This library's "
                f"names are {own}; those of Keras, such as 'mse', are accepted too. Anything else must be "
                f"given as an object."
            ) from error

    def replace_names(self, structure: Any) -> Any:
        """Return a structure in which the library's names are replaced by the objects that they stand for.

        The names of Keras stay, so that Keras logs them as usual, and so does all that is not a name.

        Args:
            structure: an identifier, or lists, tuples and dictionaries of identifiers.

        Raises:
            ValueError: a name is known neither to the library nor to Keras.
        """
        return keras.tree.map_structure(self._replaced, structure)

    def _replaced(self, identifier: Any) -> Any:
        if not isinstance(identifier, str) or identifier.lower() in self.compile_only:
            return identifier
        found = self.get(identifier)
        return found if identifier in self.classes else identifier
