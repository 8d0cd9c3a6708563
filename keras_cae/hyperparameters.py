"""Constructor arguments that are validated, stored and saved, and can't be changed once a model is built.

The layers, the models and the anomaly scores use it.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras

Rule = Callable[[Any, str], Any]
"""Takes a value and the name of the argument, and returns the value to store or raises an error with the name."""


class Hyperparameters:
    """A layer or a model whose hyperparameters follow rules that its class declares.

    A class lists the arguments of its constructor in `rules` and passes the values to `keep`. Every argument is then
    checked, stored as an attribute of the same name and returned by `get_config`. After `build`, the attributes can no
    longer be assigned: the existing layers would not follow, and a saved file would describe another model. Attributes
    that are meant to change, such as the weight of a penalty, are properties or other descriptors of the class and
    remain assignable.
    """

    rules: ClassVar[Mapping[str, Rule]] = {}
    """The rule of each argument, including inherited arguments."""

    _adjustable: ClassVar[tuple[str, ...]] = ()
    """Arguments that may be assigned after `build`, because the change takes full effect."""

    def keep(self, **values: Any) -> None:
        """Validate arguments of the constructor and store them under their names."""
        for name, value in values.items():
            setattr(self, name, self.rules[name](value, name))

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = name in self.rules and name not in self._adjustable and not _is_adjustable(type(self), name)
        if fixed and getattr(self, "built", False):
            raise AttributeError(
                f"{name} of {type(self).__name__} can't be changed once it is built: its layers were created with "
                f"{name}={getattr(self, name, None)!r}. Create a new one with the other value."
            )
        super().__setattr__(name, value)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()  # type: ignore[misc]  # of a layer or a model
        return {**config, **{name: plain(getattr(self, name)) for name in self.rules}}


def _is_adjustable(cls: type, name: str) -> bool:
    return hasattr(inspect.getattr_static(cls, name, None), "__set__")


def plain(value: Any) -> Any:
    """Return a value in the form in which a configuration contains it; layers and functions are serialized."""
    if isinstance(value, keras.layers.Layer):
        return keras.saving.serialize_keras_object(value)
    if callable(value):
        return keras.activations.serialize(value)
    if isinstance(value, dict):
        return value
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return value


def without(rules: Mapping[str, Rule], *names: str) -> dict[str, Rule]:
    """Return rules without those of some arguments, for a subclass that does not have these arguments."""
    return {name: rule for name, rule in rules.items() if name not in names}
