"""A corruption that covers parts of images with textures."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.painted_corruption import PaintedCorruption
from keras_cae.layers.shapes import between, colors, distances, for_pixels, other_images, pattern, value_range
from keras_cae.validation import optional, positive_int, some_of

SHAPES = ("ellipse", "box", "diamond", "blob")
TEXTURES = ("batch", "noise", "waves", "color")
COUNT, COUNT_FOR_SIGNALS = 4, 1
"""The default numbers of occlusions. An occlusion of the same extent covers a larger share of a signal."""
POWERS = {"ellipse": 2.0, "box": 16.0, "diamond": 1.0, "blob": 2.0}
"""The exponent of the norm whose unit ball is the shape."""
BULGES = 0.5
"""The deviation of a blob's edge from an ellipse, as a fraction of the radius."""
FREQUENCIES = {"blob": 4.0, "waves": 10.0}
"""The maximum number of periods of a pattern along a side of the image."""


@keras.saving.register_keras_serializable(package="keras_cae")
class RandomOcclusion(PaintedCorruption):
    """Covers parts of each image in training, with random shapes, textures and opacities.

    A model that is trained to repair all combinations of shape, texture and opacity also replaces defects that it has
    never seen with normal structures (Bauer & Müller 2025). Each occlusion of each image has its own shape, texture and
    opacity. With `training=False` images are returned unchanged.

    Several clearly visible occlusions, as by default, teach a model to repair images in far fewer steps than a single
    one that may be nearly transparent.

    Args:
        count: number of occlusions of an image; they may overlap. By default one for signals, of which each covers a
            larger share, and four for images and volumes.
        size: smallest and largest extent of an occlusion, as fractions of the image's sides.
        shapes: shapes to choose from: "ellipse", "box", "diamond", and "blob" with an irregular edge.
        textures: textures to choose from: "batch", a part of another image of the batch; "noise", a random value for
            every pixel; "waves", a smooth pattern; "color", one random value. Values are chosen within the range of the
            batch.
        opacity: smallest and largest opacity of an occlusion, from 0 to 1.
        noise: standard deviation of normal noise that is added afterwards, in the unit of the images.
        keep_noise: whether the target contains the noise too, so that the model learns to remove only occlusions. This
            is the regularizer of the paper.
        seed: seed of the random numbers.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> occlusion = keras_cae.layers.RandomOcclusion(count=1, size=(0.3, 0.3), shapes=("box",), seed=0)
    >>> images = np.random.default_rng(0).random((4, 16, 16, 3), dtype="float32")
    >>> changed = np.any(occlusion(images, training=True) != images, axis=-1)
    >>> bool(0 < np.mean(changed) < 0.3)
    True
    """

    rules: ClassVar = {
        "count": optional(positive_int),
        "shapes": some_of(*SHAPES),
        "textures": some_of(*TEXTURES),
        **PaintedCorruption.rules,
    }

    def __init__(
        self,
        *,
        count: int | None = None,
        size: tuple[float, float] = (0.05, 0.4),
        shapes: tuple[str, ...] = SHAPES,
        textures: tuple[str, ...] = TEXTURES,
        opacity: tuple[float, float] = (0.6, 1.0),
        noise: float = 0.0,
        keep_noise: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(size=size, opacity=opacity, noise=noise, keep_noise=keep_noise, seed=seed, **kwargs)
        self.keep(count=count, shapes=shapes, textures=textures)

    def corrupt(self, images: Any) -> tuple[Any, Any]:
        count = self.count or (COUNT_FOR_SIGNALS if len(images.shape) == 3 else COUNT)
        for _ in range(count - 1):
            images = self.painted(images)
        return super().corrupt(images)

    def covers(self, images: Any) -> Any:
        generator = self.seed_generator
        shape = self._choice(images, len(self.shapes))
        power = ops.take(ops.convert_to_tensor([POWERS[name] for name in self.shapes], "float32"), shape)
        bulges = ops.take(ops.convert_to_tensor([BULGES * (name == "blob") for name in self.shapes], "float32"), shape)
        rank = len(images.shape) - 2
        edge: Any = 1.0
        if "blob" in self.shapes:
            edge = edge + for_pixels(bulges, rank) * pattern(images, FREQUENCIES["blob"], generator)
        inside = distances(images, self.size, power, generator) < edge
        return ops.cast(inside, "float32") * for_pixels(between(images, *self.opacity, generator), rank)

    def paint(self, images: Any) -> Any:
        chosen = self._choice(images, len(self.textures))
        texture: Any = None
        for number, name in enumerate(self.textures):
            drawn = self._texture(name, images)
            here = for_pixels(ops.equal(chosen, number), len(images.shape) - 1)
            texture = drawn if texture is None else ops.where(here, drawn, texture)
        return texture

    def _choice(self, images: Any, options: int) -> Any:
        """Return a random integer below `options` for each image."""
        return ops.cast(between(images, 0.0, options * (1 - 1e-6), self.seed_generator), "int32")

    def _texture(self, name: str, images: Any) -> Any:
        generator = self.seed_generator
        if name == "batch":
            return other_images(images, generator)
        if name == "color":
            return colors(images, generator)
        low, high = value_range(images)
        if name == "noise":
            drawn = keras.random.uniform(ops.shape(images), dtype="float32", seed=generator)
            return low + (high - low) * ops.cast(drawn, images.dtype)
        waves = ops.clip(0.5 + 0.4 * pattern(images, FREQUENCIES["waves"], generator), 0.0, 1.0)
        fade = ops.cast(waves, images.dtype)[..., None]
        return fade * colors(images, generator) + (1 - fade) * colors(images, generator)
