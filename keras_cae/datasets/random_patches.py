"""Random patches of large images for training."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_cae.kinds import KINDS
from keras_cae.validation import optional, per_axis, positive_int, positive_int_or_ints
from keras_cae.validation import seed as seed_rule


class RandomPatches(keras.utils.PyDataset):
    """Random patches of images, signals or volumes, which differ in every epoch.

    By default, an epoch has as many patches as fit side by side into the images, of which there may be only one. Along
    an axis on which the images are smaller than a patch, their whole length is used. Apart from the images, which may
    be a `numpy.memmap`, only the current batch is in memory.

    Args:
        images: array `(n, height, width, channels)`, or the equivalent for signals or volumes.
        targets: target images of the same size, from which patches at the same positions are taken; or None.
        sample_weight: one weight per image, `(n,)`, or per pixel, `(n, *spatial)`; or None.
        patch_size: side of the patches in pixels, as one integer or one per axis.
        batch_size: number of patches in a batch.
        patches: number of patches in an epoch, rounded up to whole batches; by default as many as fit side by side.
        seed: seed of the positions and of the order of the images.
        **kwargs: arguments of `keras.utils.PyDataset`.

    Raises:
        ValueError: an argument is invalid, or targets or weights don't fit the images.

    Example:

    >>> photograph = np.random.default_rng(0).random((1, 500, 400, 3), dtype="float32")
    >>> patches = keras_cae.datasets.RandomPatches(photograph, patch_size=64, batch_size=8, seed=0)
    >>> len(patches), patches[0][0].shape
    (6, (8, 64, 64, 3))
    """

    def __init__(
        self,
        images: Any,
        targets: Any = None,
        *,
        sample_weight: Any = None,
        patch_size: int | Sequence[int] = 64,
        batch_size: int = 32,
        patches: int | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.images = _images(images)
        sides = self.images.shape[1:-1]
        self.targets = self._fitting(targets, "targets", (1 + len(sides),))
        self.sample_weight = self._fitting(sample_weight, "sample_weight", (1, 1 + len(sides)))
        sizes = per_axis(positive_int_or_ints(patch_size, "patch_size"), len(sides), "patch_size")
        self.size = tuple(min(size, side) for size, side in zip(sizes, sides, strict=True))
        self.batch_size = positive_int(batch_size, "batch_size")
        side_by_side = math.prod(side // size for side, size in zip(sides, self.size, strict=True))
        self.patches = optional(positive_int)(patches, "patches") or len(self.images) * side_by_side
        drawn = seed_rule(seed, "seed")
        self.seed = int(np.random.default_rng().integers(2**31)) if drawn is None else drawn
        self.epoch = 0

    def _fitting(self, values: Any, name: str, axes: tuple[int, ...]) -> Any:
        """Return values whose first axes match those of the images."""
        if values is None:
            return None
        values = values if hasattr(values, "shape") else np.asarray(values)
        shape, of_images = tuple(values.shape), self.images.shape
        if not any(shape[:count] == of_images[:count] for count in axes if len(shape) >= count):
            raise ValueError(f"{name} must match the images of shape {tuple(of_images)}, got the shape {shape}.")
        return values

    def __len__(self) -> int:
        return -(-self.patches // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch of the current epoch by its index."""
        random = np.random.default_rng((self.seed, self.epoch, index))
        order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.images))
        numbers = order[(np.arange(self.batch_size) + index * self.batch_size) % len(order)]
        room = np.array(self.images.shape[1:-1]) - self.size + 1
        starts = random.integers(0, room, (self.batch_size, len(room)))
        images, targets, weights = (
            None if part is None else _taken(part, numbers, starts, self.size)
            for part in (self.images, self.targets, self.sample_weight)
        )
        if weights is not None and targets is None:
            targets = images  # without targets, Keras drops the weights
        return tuple(part for part in (images, targets, weights) if part is not None)

    def on_epoch_end(self) -> None:
        """Continue with other patches."""
        self.epoch += 1


def _images(images: Any) -> Any:
    images = images if isinstance(images, np.ndarray) else np.asarray(images)
    if images.ndim - 2 not in KINDS or not images.size:
        raise ValueError(
            f"images must be an array of shape (n, *spatial, channels) with 1 to 3 spatial axes, got {images.shape}."
        )
    return images


def _taken(values: Any, numbers: np.ndarray, starts: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return patches of images or of pixel weights, or the weights of images."""
    parts = []
    for number, start in zip(numbers, starts, strict=True):
        window = tuple(slice(first, first + side) for first, side in zip(start, size, strict=True))
        parts.append(np.asarray(values[number] if len(values.shape) == 1 else values[number][window]))
    return np.stack(parts)
