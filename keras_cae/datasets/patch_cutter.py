"""Random parts of images that are larger than the network."""

from typing import Any

import numpy as np

from keras_cae.pixel_values import white

ATTEMPTS = 20
"""How many places are tried for a patch that is not empty."""


class PatchCutter:
    """Cuts patches at random places.

    Args:
        size: `(*spatial)` of patches.
        count: number of patches that are cut from an image at a time.
        min_std: the least standard deviation of the values of a patch, as a share of white.
    """

    def __init__(self, size: tuple[int, ...], count: int, min_std: float) -> None:
        self.size, self.count, self.min_std = size, count, min_std

    def cut(self, views: tuple[Any, ...], generator: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
        """Return patches of an image, or of several at the same places; fewer, if most places are empty.

        Args:
            views: the images, as arrays or as what slices like them.
            generator: generator of the places.
        """
        found = []
        for _ in range(self.count):
            for _ in range(ATTEMPTS if self.min_std else 1):
                place = self._place(views[0].shape[:-1], generator)
                patches = tuple(np.array(view[place]) for view in views)
                # The last one: of pairs the one without noise.
                if not self.min_std or _deviation(patches[-1]) >= self.min_std:
                    found.append(patches)
                    break
        return found

    def _place(self, sides: tuple[int, ...], generator: np.random.Generator) -> tuple[slice, ...]:
        starts = [int(generator.integers(side - part + 1)) for side, part in zip(sides, self.size, strict=True)]
        return tuple(slice(start, start + part) for start, part in zip(starts, self.size, strict=True))


def _deviation(patch: np.ndarray) -> float:
    """Return the standard deviation of the channel that varies most, as a fraction of white."""
    axes = tuple(range(patch.ndim - 1))
    return float(patch.std(axis=axes, dtype="float64").max()) / (white(patch.dtype) or 1)
