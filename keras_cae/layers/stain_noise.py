"""A corruption by random stains."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.painted_corruption import PaintedCorruption
from keras_cae.layers.shapes import between, colors, distances, for_pixels, pattern
from keras_cae.validation import non_negative_float

IRREGULAR_FREQUENCY = 8.0
"""The maximum number of bulges of a stain's edge along a side of the image."""


@keras.saving.register_keras_serializable(package="keras_cae")
class StainNoise(PaintedCorruption):
    """Adds a stain to each image in training: an ellipse with an irregular edge and one random colour.

    A model that is trained to remove stains does not copy defects that it has not seen, even if it has skip
    connections: train with it to find anomalies (Collin & De Vleeschouwer 2020, "Improved anomaly detection by training
    an autoencoder with skip connections on images corrupted with stain-shaped noise"). Colours are chosen within the
    range of the batch. With `training=False` images are returned unchanged.

    Args:
        size: smallest and largest extent of stains, as fractions of the image's sides.
        irregularity: size of the bulges and dents of the edge, as a fraction of the stain's radius; 0 for plain
            ellipses.
        opacity: smallest and largest opacity of a stain, from 0 to 1.
        noise: standard deviation of normal noise that is added afterwards, in the unit of the images.
        keep_noise: whether the target contains the noise too, so that the model learns to remove only stains (Bauer &
            Müller 2025).
        seed: seed of the random numbers.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> stain = keras_cae.layers.StainNoise(size=(0.3, 0.3), seed=0)
    >>> images = np.random.default_rng(0).random((4, 16, 16, 3), dtype="float32")
    >>> changed = np.any(stain(images, training=True) != images, axis=-1)
    >>> bool(0 < np.mean(changed) < 0.3)
    True
    """

    rules: ClassVar = {**PaintedCorruption.rules, "irregularity": non_negative_float}

    def __init__(
        self,
        *,
        size: tuple[float, float] = (0.03, 0.3),
        irregularity: float = 0.3,
        opacity: tuple[float, float] = (1.0, 1.0),
        noise: float = 0.0,
        keep_noise: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(size=size, opacity=opacity, noise=noise, keep_noise=keep_noise, seed=seed, **kwargs)
        self.keep(irregularity=irregularity)

    def covers(self, images: Any) -> Any:
        generator = self.seed_generator
        edge = 1.0 + self.irregularity * pattern(images, IRREGULAR_FREQUENCY, generator)
        inside = distances(images, self.size, 2.0 * ops.ones(ops.shape(images)[:1]), generator) < edge
        opacity = between(images, *self.opacity, generator)
        return ops.cast(inside, "float32") * for_pixels(opacity, len(images.shape) - 2)

    def paint(self, images: Any) -> Any:
        return colors(images, self.seed_generator)
