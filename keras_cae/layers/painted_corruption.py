"""The base class of corruptions that cover a part of each image."""

import abc
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.corruption import Corruption
from keras_cae.validation import boolean, non_negative_float, seed, share_range


class PaintedCorruption(Corruption):
    """Covers a random part of each image, and optionally adds noise.

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
        """Return the opacity of the cover at each pixel, from 0 to 1, of shape `(n, *spatial)`."""

    @abc.abstractmethod
    def paint(self, images: Any) -> Any:
        """Return the values of the cover, in a shape that broadcasts with the images."""

    def painted(self, images: Any) -> Any:
        """Return images with a part of each covered."""
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
