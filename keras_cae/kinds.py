"""What examples are called, by their number of spatial axes."""

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """What examples of one rank are called.

    `noun` is their name, `one` that of one of them, `axes` that of the axes between those of the batch and of the
    channels, `points` that of their places.
    """

    noun: str
    one: str
    axes: str
    points: str

    @property
    def shape_of_one(self) -> str:
        """The shape of one of them, in words."""
        return f"({self.axes}, channels)"

    @property
    def shape_to_build(self) -> str:
        """What `build` takes, in words."""
        return f"(None, {self.axes}, channels)"

    @property
    def shape(self) -> str:
        """The shape of a batch, in words."""
        return f"(n, {self.axes}, channels)"

    @property
    def shape_without_channels(self) -> str:
        """The shape of a batch that lacks the axis of the channels, in words."""
        return f"(n, {self.axes})"


KINDS = {
    1: Kind("signals", "signal", "length", "time steps"),
    2: Kind("images", "image", "height, width", "pixels"),
    3: Kind("volumes", "volume", "depth, height, width", "voxels"),
}
"""By rank, the number of spatial axes."""


def rank_of(batch: Any) -> int:
    """Return the number of spatial axes of a batch with all axes, `(n, *spatial, channels)`."""
    return len(batch.shape) - 2


def kind_of(batch: Any) -> Kind:
    """Return what the examples of a batch with all axes, `(n, *spatial, channels)`, are called."""
    return KINDS[rank_of(batch)]


def all_shapes_in_words() -> str:
    """Return the shapes of batches of signals, images and volumes."""
    return ", ".join(f"{kind.noun} {kind.shape}" for kind in KINDS.values())
