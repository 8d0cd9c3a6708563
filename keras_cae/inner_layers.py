"""The layers inside of a model.

The models, the plots and `keras_cae.precision` use it.
"""

from typing import Any


def inner_layers(model: Any) -> list[Any]:
    """Return all layers of a model, at any depth. Keras has no public function for this."""
    layers: list[Any] = model._flatten_layers(include_self=False)
    return layers
