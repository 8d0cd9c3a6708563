"""The base class of corruptions with a random strength for each image."""

import abc
from typing import Any

import keras
from keras import ops

from keras_cae.layers.corruption import Corruption
from keras_cae.layers.shapes import between, for_pixels
from keras_cae.validation import seed as seed_rule


class RandomStrengthCorruption(Corruption):
    """Changes all pixels of an image, with a random strength for each image.

    A subclass implements `changed`. It is computed in float32 for images of any precision.
    """

    def __init__(self, *, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed_rule(seed, "seed")
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    @abc.abstractmethod
    def changed(self, images: Any) -> Any:
        """Return the corrupted images of a float32 batch."""

    def corrupt(self, images: Any) -> tuple[Any, Any]:
        return ops.cast(self.changed(ops.cast(images, "float32")), images.dtype), None

    def random_value(self, images: Any, value: float | tuple[float, float]) -> Any:
        """Return a random number from a range for each image, or the given number; it broadcasts with images."""
        low, high = value if isinstance(value, tuple) else (value, value)
        if low == high:
            return ops.convert_to_tensor(low, "float32")
        return for_pixels(between(images, low, high, self.seed_generator), len(images.shape) - 1)

    def normal(self, images: Any) -> Any:
        """Return standard normal random numbers in the shape of images."""
        return keras.random.normal(ops.shape(images), dtype="float32", seed=self.seed_generator)

    def uniform(self, shape: Any) -> Any:
        """Return uniform random numbers from 0 to 1."""
        return keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
