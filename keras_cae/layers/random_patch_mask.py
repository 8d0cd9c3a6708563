"""A corruption that hides parts of images."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.corruption import Corruption, weights_of_hidden
from keras_cae.validation import choice, positive_int, seed, share


@keras.saving.register_keras_serializable(package="keras_cae")
class RandomPatchMask(Corruption):
    """Hides random square patches of images in training: the corruption of masked autoencoders.

    Images are divided into a grid of patches from the top left; those at the right and at the bottom may be
    cut off. Of every image the same number of patches is hidden, `ratio` of them, rounded. A hidden patch
    gets the mean colour of the image's visible pixels, so it tells nothing about what it hides. Without
    `training` nothing is hidden (He et al. 2022, "Masked Autoencoders Are Scalable Vision Learners").

    Args:
        patch_size: side of the patches, in pixels.
        ratio: share of the patches that are hidden, between 0 and 1.
        loss_on: which pixels the loss counts: "all", or only those of the "hidden" patches.
        seed: of the choice of patches.
        **kwargs: of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above.

    Example:

    >>> mask = keras_cae.layers.RandomPatchMask(patch_size=2, ratio=0.5, seed=0)
    >>> images = np.random.default_rng(0).random((1, 8, 8, 3), dtype="float32")
    >>> int(np.sum(np.any(mask(images, training=True) != images, axis=-1)))
    32
    """

    rules: ClassVar = {
        "patch_size": positive_int,
        "ratio": share,
        "loss_on": choice("all", "hidden"),
        "seed": seed,
    }

    def __init__(
        self,
        patch_size: int,
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
            `(n, height, width)` of booleans, True where a pixel is hidden.
        """
        count, height, width, _ = ops.shape(images)
        rows, columns = self.grid(height, width)
        scores = keras.random.uniform((count, rows * columns), seed=self.seed_generator)
        ranks = ops.argsort(ops.argsort(scores, axis=-1), axis=-1)
        hidden = ops.reshape(ranks < self.hidden_patches(rows * columns), (-1, rows, columns))
        for axis in (1, 2):
            hidden = ops.repeat(hidden, self.patch_size, axis=axis)
        return hidden[:, :height, :width]

    def grid(self, height: Any, width: Any) -> tuple[Any, Any]:
        """How many patches lie below and beside each other in an image."""
        return -(-height // self.patch_size), -(-width // self.patch_size)

    def hidden_patches(self, patches: Any) -> Any:
        """How many of the patches of an image are hidden."""
        if isinstance(patches, int):
            return int(self.ratio * patches + 0.5)
        return ops.cast(self.ratio * ops.cast(patches, "float64") + 0.5, "int32")

    def hide(self, images: Any, hidden: Any) -> Any:
        """Return images in which the hidden pixels have the mean of the visible ones.

        Args:
            images: batch of images.
            hidden: `(n, height, width)` of booleans.
        """
        hidden = hidden[..., None]
        visible = ops.cast(ops.logical_not(hidden), "float32")
        total = ops.sum(ops.cast(images, "float32") * visible, axis=(1, 2), keepdims=True)
        mean = total / ops.maximum(ops.sum(visible, axis=(1, 2), keepdims=True), 1.0)
        return ops.where(hidden, ops.cast(mean, images.dtype), images)
