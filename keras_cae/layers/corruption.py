"""The base class of corruptions."""

import abc
from typing import Any

import keras
from keras import ops

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.training.step_context import current_step


class Corruption(Hyperparameters, keras.layers.Layer, abc.ABC):
    """A layer that corrupts images in training and evaluation, and may weight the pixels in the loss.

    Any Keras layer that changes images with `training=True` can be the `corruption` of a model; all pixels then have
    the same weight. Derive from this class to hide pixels and restrict the loss to them.

    A subclass implements `corrupt`. With `training=False` images are returned unchanged. Pass noise that the model
    should reproduce, rather than remove, to `keep_in_target` as well.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Example:

    >>> class Stripes(keras_cae.layers.Corruption):
    ...     def corrupt(self, images):
    ...         visible = keras.ops.arange(images.shape[2], dtype=images.dtype)[:, None] % 2
    ...         return images * visible, None
    >>> float(np.sum(Stripes()(np.ones((1, 4, 4, 1)), training=True)))
    8.0
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    @abc.abstractmethod
    def corrupt(self, images: Any) -> tuple[Any, Any]:
        """Return corrupted images, and weights of the pixels in the loss or None.

        Args:
            images: batch of images, as floats.

        Returns:
            The inputs of the encoder; and weights of shape `(n, *spatial)`, whose mean over an image's pixels is 1 (see
            `weights_of_hidden`), or None if all pixels have the same weight.
        """

    def keep_in_target(self, noise: Any) -> None:
        """Make the current step add noise to the target too, so that the model does not learn to remove it.

        Args:
            noise: the noise that `corrupt` adds to the images, of the same shape.
        """
        step = current_step()
        if step is not None:
            step.add_to_target(noise)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.corrupt(inputs)[0] if training else inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)


def weights_of_hidden(hidden: Any) -> Any:
    """Return weights with which the mean over all pixels equals the mean over the hidden pixels.

    Args:
        hidden: booleans of shape `(n, *spatial)`, True where a pixel is hidden.
    """
    weights = ops.cast(hidden, "float32")
    axes = tuple(range(1, len(weights.shape)))
    share = ops.mean(weights, axis=axes, keepdims=True)
    return weights / ops.maximum(share, keras.config.epsilon())
