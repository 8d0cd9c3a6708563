"""What data of one, two and three spatial axes are called."""

from typing import Any, NamedTuple


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


def rank_of(batch: Any) -> int:
    """The number of spatial axes of a batch `(n, *spatial, channels)`."""
    return len(batch.shape) - 2


def kind_of(batch: Any) -> Kind:
    """What the examples of a batch `(n, *spatial, channels)` are called."""
    return KINDS[rank_of(batch)]


def shape_in_words(rank: int, *first: str) -> str:
    """The names of the axes of data, `(n, height, width, channels)`; `first` are those before the spatial ones."""
    return f"({', '.join((*first, *KINDS[rank].axes, 'channels'))})"


def without_channels(rank: int) -> str:
    """The names of the axes of a batch that lacks that of the channels."""
    return f"({', '.join(('n', *KINDS[rank].axes))})"


def all_shapes_in_words() -> str:
    """The shapes of batches of signals, images and volumes."""
    return ", ".join(f"{kind.many} {shape_in_words(rank, 'n')}" for rank, kind in KINDS.items())


def size_in_words(size: Any) -> str:
    """A size such as 28×28."""
    return "×".join(map(str, size))
