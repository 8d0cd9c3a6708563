"""What data of one, two and three spatial axes are called, and the layers that Keras has for each."""

from typing import Any

import keras

from keras_cae.kinds import KINDS, Kind, shape_in_words, size_in_words
from keras_cae.validation import choice

__all__ = ["KINDS", "Kind", "nearest_upsampling", "rank_rule", "ranked_layer", "shape_in_words", "size_in_words"]

rank_rule = choice(*KINDS)
"""The rule for an argument `rank`."""


def ranked_layer(kind: str, rank: int, /, *args: Any, **kwargs: Any) -> keras.layers.Layer:
    """Make the layer of Keras for so many spatial axes, channels last.

    Args:
        kind: name of the class, with braces for the rank: "Conv{}D".
        rank: number of spatial axes.
        *args: of the class.
        **kwargs: of the class.
    """
    return getattr(keras.layers, kind.format(rank))(*args, data_format="channels_last", **kwargs)


def nearest_upsampling(rank: int, factors: tuple[int, ...], **kwargs: Any) -> keras.layers.Layer:
    """Make the layer of Keras that repeats every value, so often along each axis."""
    if rank == 1:
        return keras.layers.UpSampling1D(factors[0], **kwargs)
    return ranked_layer("UpSampling{}D", rank, factors, **kwargs)
