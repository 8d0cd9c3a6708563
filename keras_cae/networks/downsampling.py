"""The factor by which any encoder reduces images."""

from collections.abc import Iterator
from typing import Any

import keras


def downsampling_of(encoder: keras.Model, rank: int) -> tuple[int, ...]:
    """Return the factor along each axis, computed from the size of an encoder's last feature maps.

    Args:
        encoder: a functional or sequential model.
        rank: number of spatial axes.

    Raises:
        ValueError: the encoder has no feature maps, or their size is unknown.
    """
    try:
        size = tuple(encoder.input_shape[1:-1])
        maps = [shape for shape in _shapes(encoder) if len(shape) == rank + 2]
    except AttributeError:
        size, maps = (), []
    last = tuple(maps[-1][1:-1]) if maps else (None,)
    if len(size) != rank or None in (*size, *last):
        raise ValueError(
            f"The downsampling of the encoder {encoder.name!r} is unknown. It can only be derived for a functional or "
            "sequential model with feature maps and images of a fixed size. Override the property downsampling."
        )
    return tuple(round(before / after) for before, after in zip(size, last, strict=True))


def _shapes(network: keras.Model) -> Iterator[Any]:
    """Yield the output shapes of a network's layers, including the layers of nested networks."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _shapes(layer)
        else:
            yield layer.output.shape
