"""The layers of Keras for one, two and three spatial axes.

The layers, the networks and the tiling use it.
"""

from typing import Any

import keras

from keras_cae.kinds import KINDS
from keras_cae.validation import choice

rank_rule = choice(*KINDS)
"""The rule for an argument `rank`, the number of spatial axes."""


def size_in_words(size: Any) -> str:
    """Return a size as text, such as 28×28."""
    return "×".join(map(str, size))


def ranked_layer(kind: str, rank: int, /, *args: Any, **kwargs: Any) -> keras.layers.Layer:
    """Create the Keras layer for a number of spatial axes, with channels last.

    Args:
        kind: name of the class with braces for the rank, such as "Conv{}D".
        rank: number of spatial axes.
        *args: positional arguments of the class.
        **kwargs: keyword arguments of the class.
    """
    return getattr(keras.layers, kind.format(rank))(*args, data_format="channels_last", **kwargs)


def nearest_upsampling(rank: int, factors: tuple[int, ...], **kwargs: Any) -> keras.layers.Layer:
    """Create the Keras layer for nearest-neighbour upsampling by a factor along each axis."""
    if rank == 1:
        return keras.layers.UpSampling1D(factors[0], **kwargs)
    return ranked_layer("UpSampling{}D", rank, factors, **kwargs)
