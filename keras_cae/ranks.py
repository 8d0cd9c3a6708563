"""What data of one, two and three spatial axes are called, and the layers that Keras has for each."""

from typing import Any, NamedTuple

import keras

from keras_cae.validation import choice


class Kind(NamedTuple):
    """What the data of a rank are called in messages."""

    one: str
    many: str
    axes: tuple[str, ...]
    points: str


KINDS = {
    1: Kind("signal", "signals", ("length",), "time steps"),
    2: Kind("image", "images", ("height", "width"), "pixels"),
    3: Kind("volume", "volumes", ("depth", "height", "width"), "voxels"),
}
"""The number of spatial axes: what has so many."""

rank_rule = choice(*KINDS)
"""The rule for an argument `rank`."""


def shape_in_words(rank: int, *first: str) -> str:
    """The names of the axes of data, `(n, height, width, channels)`; `first` are those before the spatial ones."""
    return f"({', '.join((*first, *KINDS[rank].axes, 'channels'))})"


def size_in_words(size: Any) -> str:
    """A size such as 28×28."""
    return "×".join(map(str, size))


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
