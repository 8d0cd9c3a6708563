"""The names of signals, images and volumes, for messages.

All packages use it.
"""

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """The names of examples of one rank.

    `noun` is the plural, `one` the singular, `axes` the names of the spatial axes, and `points` the name of the pixels.
    """

    noun: str
    one: str
    axes: str
    points: str

    @property
    def shape_of_one(self) -> str:
        """The shape of a single example, in words."""
        return f"({self.axes}, channels)"

    @property
    def shape_to_build(self) -> str:
        """The shape that `build` expects, in words."""
        return f"(None, {self.axes}, channels)"

    @property
    def shape(self) -> str:
        """The shape of a batch, in words."""
        return f"(n, {self.axes}, channels)"

    @property
    def shape_without_channels(self) -> str:
        """The shape of a batch without the channel axis, in words."""
        return f"(n, {self.axes})"


KINDS = {
    1: Kind("signals", "signal", "length", "time steps"),
    2: Kind("images", "image", "height, width", "pixels"),
    3: Kind("volumes", "volume", "depth, height, width", "voxels"),
}
"""The kinds of examples by their rank, the number of spatial axes."""


def rank_of(batch: Any) -> int:
    """Return the number of spatial axes of a batch with all axes, `(n, *spatial, channels)`."""
    return len(batch.shape) - 2


def kind_of(batch: Any) -> Kind:
    """Return the `Kind` of a batch with all axes, `(n, *spatial, channels)`."""
    return KINDS[rank_of(batch)]


def all_shapes_in_words() -> str:
    """Return the shapes of batches of signals, images and volumes."""
    return ", ".join(f"{kind.noun} {kind.shape}" for kind in KINDS.values())
