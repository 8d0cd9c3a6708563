"""The corruption of images before the networks see them, in training and evaluation."""

import warnings
from collections.abc import Iterable
from typing import Any

import keras
from keras import ops

from keras_cae.layers.corruption import Corruption
from keras_cae.training.random_state import same_noise


class Corrupting:
    """The methods of an autoencoder that corrupt images."""

    corruption: keras.layers.Layer | None
    _observe: Any
    _check_values: Any
    _to_floats: Any
    _ensure_built: Any
    _custom_loop_corrupts: bool

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        """The layers that are applied to the inputs in training and evaluation, in order."""
        return () if self.corruption is None else (self.corruption,)

    def corrupted(self, images: Any) -> tuple[Any, Any]:
        """Return images as a training step feeds them to the networks, and the weights of their pixels.

        Args:
            images: batch of floats.

        Returns:
            The inputs, and the weights of the pixels in the loss, of shape `(n, *spatial)`, or None if all pixels have
            the same weight.
        """
        self._custom_loop_corrupts = True
        return corrupted_by(self.corruptions, images)

    def corrupt(self, images: Any, *, return_weights: bool = False) -> Any:
        """Return images as evaluation feeds them to the encoder, always with the same noise.

        The random state of training is left unchanged.

        Args:
            images: batch of images.
            return_weights: whether to also return the weights of the pixels in the loss, `(n, *spatial)`, or None if
                all pixels have the same weight.
        """
        images = ops.convert_to_tensor(images)
        self._ensure_built(images)
        self._check_values(images)
        with same_noise(self.corruptions):
            corrupted, weights = self.corrupted(self._to_floats(images))
        self._custom_loop_corrupts = False
        return (corrupted, weights) if return_weights else corrupted

    def _prepare_custom_loop(self, images: Any) -> None:
        """In a custom training loop, do the preparations that the steps of `fit` do otherwise."""
        self._observe(images, training=True)
        if self.corruptions and not self._custom_loop_corrupts:
            warnings.warn(
                f"{type(self).__name__} is called with training=True on uncorrupted images. Only the steps of its own "
                "fit and evaluate apply its corruption. In a custom training loop, call "
                "model(model.corrupted(images)[0], training=True).",
                stacklevel=2,
            )
        self._custom_loop_corrupts = False


def corrupted_by(parts: Iterable[keras.layers.Layer], images: Any) -> tuple[Any, Any]:
    """Apply layers to images one after the other, as in training; return the images and pixel weights or None."""
    weights = None
    for part in parts:
        if isinstance(part, Corruption):
            images, of_part = part.corrupt(images)
            weights = of_part if weights is None else weights
        else:
            images = part(images, training=True)
    return images, weights
