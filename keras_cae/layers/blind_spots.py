"""A corruption that hides single pixels."""

import itertools
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.layers.corruption import Corruption, weights_of_hidden
from keras_cae.validation import choice, optional, positive_int, seed, share

MAX_NEIGHBOURS = 10_000
"""The maximum number of neighbours per hidden pixel, which are all held in memory."""
Offsets = tuple[tuple[int, ...], ...]
"""Positions relative to a pixel, with one number for each axis."""


def mask_rule(value: Any, name: str) -> Any:
    """Validate the mask around hidden pixels: an array of zeros and ones, stored as nested tuples."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf" or not array.ndim or not array.size or not np.isin(array, (0, 1)).all():
        raise ValueError(
            f"{name} must be an array of zeros and ones with an axis for each spatial axis, got {value!r}."
        )
    if any(side % 2 == 0 for side in array.shape):
        raise ValueError(
            f"{name} must have an odd number of pixels along each axis, so that the hidden pixel is in the middle, got "
            f"the shape {array.shape}."
        )
    return _nested(array.astype(int).tolist())


@keras.saving.register_keras_serializable(package="keras_cae")
class BlindSpots(Corruption):
    """Hides single pixels of images in training and restricts the loss to them: the corruption of Noise2Void.

    A model that never sees the pixel to predict can't learn to copy its noise. If the noise is independent from pixel
    to pixel, its prediction from the neighbours is the clean image (Krull et al. 2019, "Noise2Void: Learning Denoising
    from Single Noisy Images"; Höck et al. 2022, "N2V2: Fixing Noise2Void Checkerboard Artifacts with Modified Sampling
    Strategies and a Tweaked Network Architecture").

    Images are divided into boxes of `1 / ratio` pixels, and one pixel of each box is hidden, so that hidden pixels are
    spread evenly. With `training=False` nothing is hidden.

    Args:
        ratio: share of the pixels that are hidden, between 0 and 1. It is approximate, because the boxes have sides of
            whole pixels.
        replacement: value that replaces a hidden pixel: the "median" or the "mean" of its neighbours, excluding itself
            (N2V2), or "uniform", the value of a random neighbour (N2V).
        radius: maximum distance of neighbours along each axis, in pixels.
        structured_mask: array of zeros and ones with one odd side per spatial axis, for noise that is correlated
            between neighbours (Broaddus et al. 2020, "Removing Structured Noise with Self-Supervised Blind-Spot
            Networks"). Ones mark the pixels around the hidden pixel, which is in the middle, that are replaced too,
            such as `np.ones((1, 9))` for noise along the rows of images.
        seed: seed of the choice of pixels.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes, with at least 2 pixels along
    each axis.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or the mask and the images differ in the number of spatial axes.

    Example:

    >>> spots = keras_cae.layers.BlindSpots(ratio=1 / 16, seed=0)
    >>> images = np.random.default_rng(0).random((1, 32, 32, 3), dtype="float32")
    >>> int(np.sum(np.any(spots(images, training=True) != images, axis=-1)))
    64
    """

    rules: ClassVar = {
        "ratio": share,
        "replacement": choice("median", "mean", "uniform"),
        "radius": positive_int,
        "structured_mask": optional(mask_rule),
        "seed": seed,
    }

    def __init__(
        self,
        ratio: float = 1 / 9,
        *,
        replacement: str = "median",
        radius: int = 1,
        structured_mask: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(ratio=ratio, replacement=replacement, radius=radius, structured_mask=structured_mask, seed=seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def corrupt(self, images: Any) -> tuple[Any, Any]:
        sides = ops.shape(images)[1:-1]
        self.check_sides(sides)
        places = self.draw(images)
        corrupted = images
        for offset, neighbours in self._pixels_to_replace(len(sides)).items():
            here = _neighbour_places(places, [offset], sides)[:, :, 0]
            values = self._replacement(images, _neighbour_places(places, neighbours, sides), sides)
            corrupted = _scatter(corrupted, here, values, sides)
        shape = (ops.shape(images)[0], *sides, 1)
        ones = ops.ones((*ops.shape(places)[:2], 1), "float32")
        hidden = _scatter(ops.zeros(shape, "float32"), places, ones, sides)[..., 0] > 0
        return corrupted, weights_of_hidden(hidden)

    def draw(self, images: Any) -> Any:
        """Choose the pixels to hide, one in each box.

        Args:
            images: batch of images.

        Returns:
            The positions of the pixels, integers of shape `(n, boxes, rank)`.
        """
        count, *sides, _ = ops.shape(images)
        box = self.box(len(sides))
        starts = [ops.arange(0, side, box) for side in sides]
        grid = ops.reshape(ops.stack(ops.meshgrid(*starts, indexing="ij"), axis=-1), (1, -1, len(sides)))
        # Boxes at the end of an axis may be cropped.
        room = ops.minimum(box, ops.stack([ops.cast(side, grid.dtype) for side in sides]) - grid)
        drawn = keras.random.uniform((count, *ops.shape(grid)[1:]), dtype="float32", seed=self.seed_generator)
        inside = ops.cast(drawn * ops.cast(room, "float32"), grid.dtype)
        return grid + ops.minimum(inside, room - 1)

    def box(self, rank: int) -> int:
        """Return the side of the boxes in pixels."""
        return max(2, round((1 / self.ratio) ** (1 / rank)))

    def check_rank(self, rank: int) -> None:
        """Raise a `ValueError` if the mask does not fit images with this number of spatial axes."""
        mask = self.structured_mask
        if mask is not None and np.ndim(mask) != rank:
            raise ValueError(
                f"structured_mask must have one axis for each of the {rank} spatial axes, got the shape "
                f"{np.shape(mask)}."
            )

    def check_sides(self, sides: Sequence[Any]) -> None:
        """Raise a `ValueError` if pixels can't be hidden in images of this size."""
        self.check_rank(len(sides))
        if (2 * self.radius + 1) ** len(sides) > MAX_NEIGHBOURS:
            largest = (int(MAX_NEIGHBOURS ** (1 / len(sides))) - 1) // 2
            raise ValueError(
                f"radius must be at most {largest} for {len(sides)} spatial axes, because all neighbours of hidden "
                f"pixels are held in memory, got {self.radius}."
            )
        if any(isinstance(side, int) and side < 2 for side in sides):
            raise ValueError(
                "Images must have at least 2 pixels along each axis, because a hidden pixel is replaced by its "
                f"neighbours, got {tuple(sides)}. Remove axes of one pixel."
            )

    def _pixels_to_replace(self, rank: int) -> dict[tuple[int, ...], Offsets]:
        """Return the pixels to replace and the neighbours that may replace each, all relative to a hidden pixel.

        Without a mask, only the hidden pixel itself is replaced. The pixels of a mask are not used as neighbours.
        """
        middle = (0,) * rank
        masked = {middle}
        if self.structured_mask is not None:
            mask = np.array(self.structured_mask)
            masked |= {tuple(int(i) for i in place - np.array(mask.shape) // 2) for place in np.argwhere(mask)}
        # At the edges, offsets are mirrored, so the mirrored positions of the mask are not used as neighbours either.
        signs = list(itertools.product((1, -1), repeat=rank))
        mirrored = {tuple(map(math.prod, zip(offset, sign, strict=True))) for offset in masked for sign in signs}
        return {offset: self._neighbours(offset, mirrored) for offset in sorted(masked)}

    def _neighbours(self, offset: tuple[int, ...], masked: set[tuple[int, ...]]) -> Offsets:
        """Return the unmasked neighbours within the radius, or within the smallest larger radius that has any."""
        for radius in itertools.count(self.radius):
            window = itertools.product(range(-radius, radius + 1), repeat=len(offset))
            moved = (tuple(map(sum, zip(offset, step, strict=True))) for step in window)
            found = tuple(place for place in moved if place not in masked)
            if found:
                return found
        raise AssertionError

    def _replacement(self, images: Any, places: Any, sides: Any) -> Any:
        """Return replacement values `(n, boxes, channels)` for pixels, given the positions of their neighbours."""
        count, boxes, neighbours = ops.shape(places)[:3]
        if self.replacement == "uniform":
            drawn = keras.random.uniform((count, boxes, 1), dtype="float32", seed=self.seed_generator)
            chosen = ops.minimum(ops.cast(drawn * neighbours, "int32"), neighbours - 1)
            one_hot = ops.cast(ops.equal(chosen, ops.arange(neighbours)), places.dtype)
            places = ops.sum(places * one_hot[..., None], axis=2, keepdims=True)
        values = _gather(images, places, sides)
        if self.replacement != "median":
            return ops.mean(values, axis=2)
        values = ops.sort(values, axis=2)
        half = neighbours // 2
        return values[:, :, half] if neighbours % 2 else (values[:, :, half - 1] + values[:, :, half]) / 2


def _neighbour_places(places: Any, offsets: Sequence[tuple[int, ...]], sides: Any) -> Any:
    """Return positions at offsets from other positions: `(n, boxes, rank)` to `(n, boxes, offsets, rank)`.

    If a position would be outside of the image, the offset is mirrored. It is never the hidden pixel itself, whose
    value must not be revealed.
    """
    places = places[:, :, None]
    last = ops.stack([ops.cast(side, places.dtype) for side in sides]) - 1
    steps = ops.clip(ops.cast(ops.convert_to_tensor(np.array(offsets)), places.dtype), -last, last)
    moved = places + steps
    moved = ops.where(ops.logical_or(moved < 0, moved > last), places - steps, moved)
    return ops.clip(moved, 0, last)


def _flat_indices(places: Any, sides: Any) -> Any:
    """Return the indices of pixels in the flattened image, given their positions."""
    indices: Any = 0
    for axis, side in enumerate(sides):
        indices = indices * ops.cast(side, places.dtype) + places[..., axis]
    return indices


def _flat(images: Any) -> Any:
    shape = ops.shape(images)
    pixels = math.prod(shape[1:-1]) if all(isinstance(side, int) for side in shape[1:-1]) else -1
    return ops.reshape(images, (shape[0], pixels, shape[-1]))


def _gather(images: Any, places: Any, sides: Any) -> Any:
    """Return the pixels at positions: `(n, …, rank)` to `(n, …, channels)`."""
    return tf.gather(_flat(images), _flat_indices(places, sides), axis=1, batch_dims=1)


def _scatter(images: Any, places: Any, values: Any, sides: Any) -> Any:
    """Return images in which the pixels at positions have new values."""
    indices = _flat_indices(places, sides)
    image = ops.broadcast_to(ops.arange(ops.shape(images)[0])[:, None], ops.shape(indices))
    where = ops.stack([ops.cast(image, indices.dtype), indices], axis=-1)
    replaced = tf.tensor_scatter_nd_update(_flat(images), where, ops.cast(values, images.dtype))
    return ops.reshape(replaced, ops.shape(images))


def _nested(values: Any) -> Any:
    return tuple(map(_nested, values)) if isinstance(values, list) else values
