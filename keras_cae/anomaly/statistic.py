"""Weights that hold what was learned of normal images."""

from typing import Any

import keras


def statistic(layer: keras.layers.Layer, name: str, shape: tuple[int, ...], value: float) -> Any:
    """Add a weight that no optimizer changes.

    Args:
        layer: whose weight it is.
        name: of the weight.
        shape: its shape.
        value: which it has until another one is assigned.
    """
    return layer.add_weight(
        shape=shape,
        initializer=keras.initializers.Constant(value),
        dtype="float32",
        trainable=False,
        name=name,
    )
