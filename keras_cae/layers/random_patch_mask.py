"""A corruption that hides parts of images."""

import functools
import operator
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.corruption import Corruption, weights_of_hidden
from keras_cae.validation import choice, per_axis, positive_int_or_ints, seed, share


@keras.saving.register_keras_serializable(package="keras_cae")
class RandomPatchMask(Corruption):
    """Hides random patches of images in training: the corruption of masked autoencoders.

    Images, signals or volumes are divided into a grid of patches from the beginning of each axis; the last patches may
    be cropped. The same share of the patches, `ratio`, is hidden in every image. A hidden patch gets the mean colour of
    the visible pixels of the image, so that it reveals nothing about its content. With `training=False` nothing is
    hidden (He et al. 2022, "Masked Autoencoders Are Scalable Vision Learners").

    Args:
        patch_size: side of the patches in pixels, an integer or one for each axis.
        ratio: share of the patches that are hidden, between 0 and 1.
        loss_on: pixels on which the loss is computed: "all", or only those of the "hidden" patches.
        seed: seed of the choice of patches.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> mask = keras_cae.layers.RandomPatchMask(patch_size=2, ratio=0.5, seed=0)
    >>> images = np.random.default_rng(0).random((1, 8, 8, 3), dtype="float32")
    >>> int(np.sum(np.any(mask(images, training=True) != images, axis=-1)))
    32
    """

    rules: ClassVar = {
        "patch_size": positive_int_or_ints,
        "ratio": share,
        "loss_on": choice("all", "hidden"),
        "seed": seed,
    }

    def __init__(
        self,
        patch_size: int | Sequence[int],
        ratio: float = 0.6,
        *,
        loss_on: str = "all",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(patch_size=patch_size, ratio=ratio, loss_on=loss_on, seed=seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def corrupt(self, images: Any) -> tuple[Any, Any]:
        hidden = self.draw(images)
        return self.hide(images, hidden), weights_of_hidden(hidden) if self.loss_on == "hidden" else None

    def draw(self, images: Any) -> Any:
        """Choose the pixels to hide.

        Args:
            images: batch of images.

        Returns:
            Booleans of shape `(n, *spatial)`, True where a pixel is hidden.
        """
        count, *sides, _ = ops.shape(images)
        grid = self.grid(sides)
        patches = functools.reduce(operator.mul, grid)
        scores = keras.random.uniform((count, patches), seed=self.seed_generator)
        ranks = ops.argsort(ops.argsort(scores, axis=-1), axis=-1)
        hidden = ops.reshape(ranks < self.hidden_patches(patches), (-1, *grid))
        for axis, size in enumerate(self._sizes(sides), start=1):
            hidden = ops.repeat(hidden, size, axis=axis)
        return hidden[(slice(None), *map(slice, sides))]

    def grid(self, sides: Sequence[Any]) -> tuple[Any, ...]:
        """Return the number of patches along each axis of an image."""
        return tuple(-(-side // size) for side, size in zip(sides, self._sizes(sides), strict=True))

    def _sizes(self, sides: Sequence[Any]) -> tuple[int, ...]:
        return per_axis(self.patch_size, len(sides), "patch_size")

    def hidden_patches(self, patches: Any) -> Any:
        """Return the number of hidden patches of an image, given its number of patches."""
        if isinstance(patches, int):
            return int(self.ratio * patches + 0.5)
        return ops.cast(self.ratio * ops.cast(patches, "float64") + 0.5, "int32")

    def hide(self, images: Any, hidden: Any) -> Any:
        """Return images in which the hidden pixels have the mean value of the visible pixels.

        Args:
            images: batch of images.
            hidden: booleans of shape `(n, *spatial)`.
        """
        axes = tuple(range(1, len(hidden.shape)))
        hidden = hidden[..., None]
        visible = ops.cast(ops.logical_not(hidden), "float32")
        total = ops.sum(ops.cast(images, "float32") * visible, axis=axes, keepdims=True)
        mean = total / ops.maximum(ops.sum(visible, axis=axes, keepdims=True), 1.0)
        return ops.where(hidden, ops.cast(mean, images.dtype), images)
