"""A corruption by the artifacts of JPEG compression."""

from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_cae.layers.random_strength_corruption import RandomStrengthCorruption
from keras_cae.validation import boolean, positive_float, positive_float_or_range, seed

LUMINANCE = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
CHROMINANCE = (
    "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 "
    "99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"
)
"""The quantization tables of Annex K of the standard, at quality 50."""
TO_LUMINANCE = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype="float32"
)
FROM_LUMINANCE = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]], dtype="float32")
OFFSETS = np.array([0.0, 128.0, 128.0], dtype="float32")
SIDE = 8
"""The side of the blocks."""


@keras.saving.register_keras_serializable(package="keras_cae")
class JPEGArtifacts(RandomStrengthCorruption):
    """Adds the artifacts of JPEG compression to images in training: blocks, ringing and blurred colours.

    The layer computes the lossy part of the standard with its usual tables: conversion to YCbCr, a cosine transform of
    blocks of 8×8 pixels, and rounding that depends on the quality. `quality` has the meaning that it has in libjpeg and
    Pillow, and the result agrees with their files within a few levels. Three channels are treated as RGB; otherwise,
    each channel is compressed like a grey image. Values are clipped to the full range. With `training=False` images are
    returned unchanged.

    Args:
        quality: quality from 1 to 100: a number, or a range from which a random number is drawn for each image.
        subsampling: whether colours have half the resolution, which is the default in most encoders.
        max_value: the value of white: 1 for images in [0, 1].
        seed: seed of the random numbers.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid; the inputs are signals or volumes.

    Example:

    >>> artifacts = keras_cae.layers.JPEGArtifacts(quality=(10, 40), seed=0)
    >>> images = np.random.default_rng(0).random((2, 30, 21, 3), dtype="float32")
    >>> artifacts(images, training=True).shape
    TensorShape([2, 30, 21, 3])
    """

    rules: ClassVar = {
        "quality": positive_float_or_range,
        "subsampling": boolean,
        "max_value": positive_float,
        "seed": seed,
    }

    def __init__(
        self,
        quality: float | tuple[float, float] = (10, 90),
        *,
        subsampling: bool = True,
        max_value: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.keep(quality=quality, subsampling=subsampling, max_value=max_value)
        extremes = self.quality if isinstance(self.quality, tuple) else (self.quality,)
        if not all(1 <= value <= 100 for value in extremes):
            raise ValueError(f"quality must be from 1 to 100, got {quality!r}.")

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 4:
            raise ValueError(
                "JPEGArtifacts only supports images of shape (n, height, width, channels), got the shape "
                f"{tuple(input_shape)}."
            )
        super().build(input_shape)

    def changed(self, images: Any) -> Any:
        height, width = ops.shape(images)[1:3]
        quality = ops.round(self.random_value(images, self.quality))
        # The formula of libjpeg. With quality 50, the tables are unchanged.
        percent = ops.where(quality < 50, ops.floor(5000.0 / quality), 200.0 - 2.0 * quality)
        levels = ops.round(ops.clip(images / self.max_value, 0.0, 1.0) * 255.0)
        if images.shape[-1] != 3:
            levels = _compressed(levels, _table(LUMINANCE, percent), 1)
        else:
            parts = ops.round(ops.matmul(levels, TO_LUMINANCE.T) + OFFSETS)
            luminance = _compressed(parts[..., :1], _table(LUMINANCE, percent), 1)
            factor = 2 if self.subsampling else 1
            colors = _compressed(parts[..., 1:], _table(CHROMINANCE, percent), factor) - 128.0
            levels = ops.matmul(ops.concatenate([luminance, colors], axis=-1), FROM_LUMINANCE.T)
        levels = ops.clip(ops.round(levels), 0.0, 255.0)[:, :height, :width]
        return levels / 255.0 * self.max_value


def _table(values: str, percent: Any) -> Any:
    """Return the table for the quality of each image, which broadcasts with blocks `(n, blocks, 64, channels)`."""
    table = np.array(values.split(), "float32").reshape(1, 1, SIDE * SIDE, 1)
    percent = ops.reshape(percent, (-1, 1, 1, 1))
    return ops.clip(ops.floor((table * percent + 50.0) / 100.0), 1.0, 255.0)


def _cosines() -> np.ndarray:
    """Return the matrix of the cosine transform, of shape `(frequencies, positions)`."""
    frequency, place = np.mgrid[:SIDE, :SIDE]
    waves = np.cos(np.pi * frequency * (2 * place + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE)
    waves[0] /= np.sqrt(2)
    return waves.astype("float32")


def _compressed(levels: Any, table: Any, factor: int) -> Any:
    """Compress and decompress levels from 0 to 255, at a resolution divided by `factor`. The result is padded."""
    _, height, width, channels = ops.shape(levels)
    rows, columns = (-(-side // (2 * SIDE)) * 2 * SIDE for side in (height, width))
    for axis, (side, padded) in enumerate(((height, rows), (width, columns)), start=1):
        levels = ops.take(levels, ops.minimum(ops.arange(padded), side - 1), axis=axis)
    if factor > 1:
        levels = ops.round(ops.average_pool(levels, factor))
    down, across = rows // factor // SIDE, columns // factor // SIDE
    blocks = ops.reshape(levels, (-1, down, SIDE, across, SIDE, channels)) - 128.0
    waves = _cosines()
    frequencies = ops.einsum("ui,vj,naibjc->nabuvc", waves, waves, blocks)
    flat = ops.reshape(frequencies, (-1, down * across, SIDE * SIDE, channels))
    flat = ops.round(flat / table) * table
    frequencies = ops.reshape(flat, (-1, down, across, SIDE, SIDE, channels))
    blocks = ops.einsum("ui,vj,nabuvc->naibjc", waves, waves, frequencies)
    levels = ops.clip(ops.round(ops.reshape(blocks, (-1, down * SIDE, across * SIDE, channels)) + 128.0), 0.0, 255.0)
    return _enlarged(levels, factor)


def _enlarged(levels: Any, factor: int) -> Any:
    """Double the resolution with libjpeg's triangle filter: 3/4 of the nearer plus 1/4 of the farther pixel."""
    if factor == 1:
        return levels
    for axis in (1, 2):
        side = ops.shape(levels)[axis]
        place = ops.arange(2 * side)
        nearer = place // 2
        farther = ops.clip(nearer + 2 * (place % 2) - 1, 0, side - 1)
        levels = 0.75 * ops.take(levels, nearer, axis=axis) + 0.25 * ops.take(levels, farther, axis=axis)
    return levels
