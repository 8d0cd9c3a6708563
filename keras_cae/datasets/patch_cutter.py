"""Random patches of large images."""

from typing import Any

import numpy as np

from keras_cae.pixel_values import white

ATTEMPTS = 20
"""The number of positions to try for a patch that is not blank."""


class PatchCutter:
    """Cuts patches at random positions.

    Args:
        size: `(*spatial)` of patches.
        count: number of patches per image and epoch.
        min_std: the minimum standard deviation of the values of a patch, as a fraction of the value of white.
    """

    def __init__(self, size: tuple[int, ...], count: int, min_std: float) -> None:
        self.size, self.count, self.min_std = size, count, min_std

    def cut(self, views: tuple[Any, ...], generator: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
        """Return patches of an image, or of several at the same positions; fewer than `count` if most are blank.

        Args:
            views: the images, as arrays or as objects that can be sliced like arrays.
            generator: generator of the positions.
        """
        found = []
        for _ in range(self.count):
            for _ in range(ATTEMPTS if self.min_std else 1):
                place = self._place(views[0].shape[:-1], generator)
                patches = tuple(np.array(view[place]) for view in views)
                # The last image is the clean one of a pair: noise would make blank patches vary.
                if not self.min_std or _deviation(patches[-1]) >= self.min_std:
                    found.append(patches)
                    break
        return found

    def _place(self, sides: tuple[int, ...], generator: np.random.Generator) -> tuple[slice, ...]:
        starts = [int(generator.integers(side - part + 1)) for side, part in zip(sides, self.size, strict=True)]
        return tuple(slice(start, start + part) for start, part in zip(starts, self.size, strict=True))


def _deviation(patch: np.ndarray) -> float:
    """Return the standard deviation of the channel that varies most, as a fraction of the value of white."""
    axes = tuple(range(patch.ndim - 1))
    return float(patch.std(axis=axes, dtype="float64").max()) / (white(patch.dtype) or 1)
