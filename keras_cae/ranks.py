"""The layers that Keras has for one, two and three spatial axes."""

from typing import Any

import keras

from keras_cae.kinds import KINDS
from keras_cae.validation import choice

rank_rule = choice(*KINDS)
"""The rule for an argument `rank`, the number of spatial axes."""


def size_in_words(size: Any) -> str:
    """Return a size such as 28×28."""
    return "×".join(map(str, size))


def ranked_layer(kind: str, rank: int, /, *args: Any, **kwargs: Any) -> keras.layers.Layer:
    """Make the layer of Keras for so many spatial axes, channels last.

    Args:
        kind: name of the class, with braces for the rank: "Conv{}D".
        rank: number of spatial axes.
        *args: positional arguments of the class.
        **kwargs: positional arguments of the class.
    """
    return getattr(keras.layers, kind.format(rank))(*args, data_format="channels_last", **kwargs)


def nearest_upsampling(rank: int, factors: tuple[int, ...], **kwargs: Any) -> keras.layers.Layer:
    """Make the layer of Keras that repeats every value, so often along each axis."""
    if rank == 1:
        return keras.layers.UpSampling1D(factors[0], **kwargs)
    return ranked_layer("UpSampling{}D", rank, factors, **kwargs)
