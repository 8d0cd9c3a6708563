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

MOST_NEIGHBOURS = 10_000
"""More than that are held in memory for each hidden pixel only by mistake."""
Offsets = tuple[tuple[int, ...], ...]
"""Places relative to a pixel, one number for each axis."""


def mask_rule(value: Any, name: str) -> Any:
    """Validate the mask around hidden pixels: an array of zeros and ones, kept as nested tuples."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf" or not array.ndim or not array.size or not np.isin(array, (0, 1)).all():
        raise ValueError(
            f"{name} must be an array of zeros and ones with an axis for each spatial axis, got {value!r}."
        )
    if any(side % 2 == 0 for side in array.shape):
        raise ValueError(
            f"{name} must have an odd number of pixels along each axis, so that the hidden one is in the middle, got "
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
        replacement: what a hidden pixel gets: the "median" or the "mean" of its neighbours without itself (N2V2), or
            the value of a random one, "uniform" (N2V).
        radius: how far away neighbours may be along each axis, in pixels.
        structured_mask: array of zeros and ones with an axis for each spatial axis and odd sides, for noise that
            is correlated between neighbours (Broaddus et al. 2020, "Removing Structured Noise with Self-Supervised
            Blind-Spot Networks"): around each hidden pixel, which is in the middle, the pixels with a 1 are
            replaced too. `np.ones((1, 9))` for noise along the rows of images.
        seed: seed of the choice of pixels.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or signals or volumes likewise, at least 2 pixels along each axis.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid, or the mask has another number of axes than the images.

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
        self._check(sides)
        places = self.draw(images)
        corrupted = images
        for offset, neighbours in self._replaced(len(sides)).items():
            here = _around(places, [offset], sides)[:, :, 0]
            values = self._replacement(images, _around(places, neighbours, sides), sides)
            corrupted = _scattered(corrupted, here, values, sides)
        shape = (ops.shape(images)[0], *sides, 1)
        ones = ops.ones((*ops.shape(places)[:2], 1), "float32")
        hidden = _scattered(ops.zeros(shape, "float32"), places, ones, sides)[..., 0] > 0
        return corrupted, weights_of_hidden(hidden)

    def draw(self, images: Any) -> Any:
        """Choose the pixels to hide, one of each box.

        Args:
            images: batch of images.

        Returns:
            Their places, integers of shape `(n, boxes, rank)`.
        """
        count, *sides, _ = ops.shape(images)
        box = self.box(len(sides))
        starts = [ops.arange(0, side, box) for side in sides]
        grid = ops.reshape(ops.stack(ops.meshgrid(*starts, indexing="ij"), axis=-1), (1, -1, len(sides)))
        # Boxes at the end may be cut off.
        room = ops.minimum(box, ops.stack([ops.cast(side, grid.dtype) for side in sides]) - grid)
        drawn = keras.random.uniform((count, *ops.shape(grid)[1:]), dtype="float32", seed=self.seed_generator)
        inside = ops.cast(drawn * ops.cast(room, "float32"), grid.dtype)
        return grid + ops.minimum(inside, room - 1)

    def box(self, rank: int) -> int:
        """Return the side of the boxes in pixels."""
        return max(2, round((1 / self.ratio) ** (1 / rank)))

    def check_rank(self, rank: int) -> None:
        """Raise a `ValueError` if there is a mask that does not fit images with this number of spatial axes."""
        mask = self.structured_mask
        if mask is not None and np.ndim(mask) != rank:
            raise ValueError(
                f"structured_mask must have an axis for each of the {rank} spatial axes, got one of shape "
                f"{np.shape(mask)}."
            )

    def _check(self, sides: Sequence[Any]) -> None:
        self.check_rank(len(sides))
        if (2 * self.radius + 1) ** len(sides) > MOST_NEIGHBOURS:
            largest = (int(MOST_NEIGHBOURS ** (1 / len(sides))) - 1) // 2
            raise ValueError(
                f"radius must be at most {largest} for {len(sides)} spatial axes, got {self.radius}: all neighbours "
                "within it are read for each hidden pixel. Use a smaller radius."
            )
        if any(isinstance(side, int) and side < 2 for side in sides):
            raise ValueError(
                f"Images must have at least 2 pixels along each axis for blind spots, got {tuple(sides)}: there are no "
                "neighbours otherwise. Leave out axes of one pixel."
            )

    def _replaced(self, rank: int) -> dict[tuple[int, ...], Offsets]:
        """Return the pixels to replace, and the neighbours of each that may replace it, all relative to a hidden pixel.

        Only the hidden pixel itself, unless there is a mask, whose pixels are no neighbours.
        """
        middle = (0,) * rank
        masked = {middle}
        if self.structured_mask is not None:
            mask = np.array(self.structured_mask)
            masked |= {tuple(int(i) for i in place - np.array(mask.shape) // 2) for place in np.argwhere(mask)}
        # At the edges, neighbours are looked for on the other side.
        signs = list(itertools.product((1, -1), repeat=rank))
        mirrored = {tuple(map(math.prod, zip(offset, sign, strict=True))) for offset in masked for sign in signs}
        return {offset: self._neighbours(offset, mirrored) for offset in sorted(masked)}

    def _neighbours(self, offset: tuple[int, ...], masked: set[tuple[int, ...]]) -> Offsets:
        """Return those within the radius; where all of these are masked, within the smallest radius that has others."""
        for radius in itertools.count(self.radius):
            window = itertools.product(range(-radius, radius + 1), repeat=len(offset))
            moved = (tuple(map(sum, zip(offset, step, strict=True))) for step in window)
            found = tuple(place for place in moved if place not in masked)
            if found:
                return found
        raise AssertionError

    def _replacement(self, images: Any, places: Any, sides: Any) -> Any:
        """Return the values for pixels, `(n, boxes, channels)`, of the places of their neighbours."""
        count, boxes, neighbours = ops.shape(places)[:3]
        if self.replacement == "uniform":
            drawn = keras.random.uniform((count, boxes, 1), dtype="float32", seed=self.seed_generator)
            chosen = ops.minimum(ops.cast(drawn * neighbours, "int32"), neighbours - 1)
            one_hot = ops.cast(ops.equal(chosen, ops.arange(neighbours)), places.dtype)
            places = ops.sum(places * one_hot[..., None], axis=2, keepdims=True)
        values = _gathered(images, places, sides)
        if self.replacement != "median":
            return ops.mean(values, axis=2)
        values = ops.sort(values, axis=2)
        half = neighbours // 2
        return values[:, :, half] if neighbours % 2 else (values[:, :, half - 1] + values[:, :, half]) / 2


def _around(places: Any, offsets: Sequence[tuple[int, ...]], sides: Any) -> Any:
    """Return the places at some offsets from others: `(n, boxes, rank)` to `(n, boxes, offsets, rank)`.

    Beyond an edge, it is the one on the other side: never the place itself, whose value would give away what is
    hidden.
    """
    places = places[:, :, None]
    last = ops.stack([ops.cast(side, places.dtype) for side in sides]) - 1
    steps = ops.clip(ops.cast(ops.convert_to_tensor(np.array(offsets)), places.dtype), -last, last)
    moved = places + steps
    moved = ops.where(ops.logical_or(moved < 0, moved > last), places - steps, moved)
    return ops.clip(moved, 0, last)


def _numbers(places: Any, sides: Any) -> Any:
    """Return the numbers that pixels at some places have in the flattened image."""
    numbers: Any = 0
    for axis, side in enumerate(sides):
        numbers = numbers * ops.cast(side, places.dtype) + places[..., axis]
    return numbers


def _flat(images: Any) -> Any:
    shape = ops.shape(images)
    pixels = math.prod(shape[1:-1]) if all(isinstance(side, int) for side in shape[1:-1]) else -1
    return ops.reshape(images, (shape[0], pixels, shape[-1]))


def _gathered(images: Any, places: Any, sides: Any) -> Any:
    """Return the pixels at some places: `(n, …, rank)` to `(n, …, channels)`."""
    return tf.gather(_flat(images), _numbers(places, sides), axis=1, batch_dims=1)


def _scattered(images: Any, places: Any, values: Any, sides: Any) -> Any:
    """Return images with other values at some places."""
    numbers = _numbers(places, sides)
    image = ops.broadcast_to(ops.arange(ops.shape(images)[0])[:, None], ops.shape(numbers))
    where = ops.stack([ops.cast(image, numbers.dtype), numbers], axis=-1)
    replaced = tf.tensor_scatter_nd_update(_flat(images), where, ops.cast(values, images.dtype))
    return ops.reshape(replaced, ops.shape(images))


def _nested(values: Any) -> Any:
    return tuple(map(_nested, values)) if isinstance(values, list) else values
