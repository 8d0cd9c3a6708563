"""The layers inside of a model."""

from typing import Any


def inner_layers(model: Any) -> list[Any]:
    """Return every layer inside of a model, at any depth. Keras has no public name for this."""
    layers: list[Any] = model._flatten_layers(include_self=False)
    return layers
