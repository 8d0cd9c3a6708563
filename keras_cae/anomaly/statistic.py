"""Weights that store statistics of normal images."""

from typing import Any

import keras


def statistic(layer: keras.layers.Layer, name: str, shape: tuple[int, ...], value: float) -> Any:
    """Add a non-trainable weight that stays in float32 under every dtype policy.

    Args:
        layer: layer that owns the weight.
        name: name of the weight.
        shape: shape of the weight.
        value: initial value of the weight.
    """
    return layer.add_weight(
        shape=shape,
        initializer=keras.initializers.Constant(value),
        dtype="float32",
        autocast=False,
        trainable=False,
        name=name,
    )
