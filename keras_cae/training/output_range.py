"""The range of a model's outputs, if its last activation determines it."""

from typing import Any

import keras
import numpy as np

RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
}
"""The ranges of bounded output activations. All other activations are treated as unbounded."""
KEEPS_VALUES = (
    keras.layers.Cropping1D,
    keras.layers.Cropping2D,
    keras.layers.Cropping3D,
    keras.layers.Identity,
    keras.layers.Permute,
    keras.layers.Reshape,
    keras.layers.UpSampling1D,
    keras.layers.UpSampling2D,
    keras.layers.UpSampling3D,
)


def last_activation(layer: Any) -> Any:
    """Return the activation of a model's output, or None if it is unknown."""
    layers = [part for part in getattr(layer, "layers", []) if not isinstance(part, KEEPS_VALUES)]
    return last_activation(layers[-1]) if layers else getattr(layer, "activation", None)


def activation_name(activation: Any) -> str:
    """Return the name of an activation that is given as a function, a layer or a name; "" if it has none."""
    if isinstance(activation, keras.layers.Layer):
        activation = getattr(activation, "activation", None)
    return activation if isinstance(activation, str) else getattr(activation, "__name__", "")


def range_of(activation: str) -> tuple[float, float]:
    """Return the lowest and highest value of an activation, infinite if it is unbounded."""
    return RANGES.get(activation, (-np.inf, np.inf))
