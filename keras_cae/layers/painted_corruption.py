"""What corruptions share that paint something over a part of each image."""

import abc
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.corruption import Corruption
from keras_cae.validation import boolean, non_negative_float, seed, share_range


class PaintedCorruption(Corruption):
    """Covers a random part of each image with something else, and optionally adds noise.

    A subclass implements `covers` and `paint`.
    """

    rules: ClassVar = {
        "size": share_range,
        "opacity": share_range,
        "noise": non_negative_float,
        "keep_noise": boolean,
        "seed": seed,
    }

    opacity: tuple[float, float]

    def __init__(
        self,
        *,
        size: tuple[float, float],
        opacity: tuple[float, float],
        noise: float,
        keep_noise: bool,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(size=size, opacity=opacity, noise=noise, keep_noise=keep_noise, seed=seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    @abc.abstractmethod
    def covers(self, images: Any) -> Any:
        """Return how much of each pixel is covered, from 0 to 1, of shape `(n, *spatial)`."""

    @abc.abstractmethod
    def paint(self, images: Any) -> Any:
        """Return what covers the pixels, of a shape that broadcasts with the images."""

    def painted(self, images: Any) -> Any:
        """Return images with something painted over a part of each."""
        cover = ops.cast(self.covers(images), images.dtype)[..., None]
        return images + cover * (ops.cast(self.paint(images), images.dtype) - images)

    def corrupt(self, images: Any) -> tuple[Any, Any]:
        painted = self.painted(images)
        if not self.noise:
            return painted, None
        drawn = keras.random.normal(ops.shape(images), stddev=self.noise, dtype="float32", seed=self.seed_generator)
        drawn = ops.cast(drawn, images.dtype)
        if self.keep_noise:
            self.keep_in_target(drawn)
        return painted + drawn, None
