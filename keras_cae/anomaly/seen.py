"""A batch of images and the outputs of an autoencoder, as the input of scores."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from keras_cae.images import scale_images


class Seen:
    """A batch of images and the outputs of the autoencoder, each of which is computed when it is first used.

    All values are float32, in the unit of the images; integers are scaled to [0, 1].

    Args:
        autoencoder: the `CAE`.
        images: a batch, as a tensor.
        pool: function from maps `(n, *spatial)` to one number per image, `(n,)`.
    """

    def __init__(self, autoencoder: Any, images: Any, pool: Callable[[Any], Any]) -> None:
        self.autoencoder = autoencoder
        self.given = images
        self.pool = pool
        self._computed: dict[int, Any] = {}

    @functools.cached_property
    def images(self) -> Any:
        """The images, `(n, *spatial, channels)`."""
        return ops.cast(scale_images(self.given, "float32"), "float32")

    @functools.cached_property
    def reconstructions(self) -> Any:
        """The reconstructions, as `predict` returns them, of the same shape."""
        reconstructions = ops.cast(self.autoencoder._reconstruct(self.given), "float32")
        if tuple(reconstructions.shape[1:]) != tuple(self.images.shape[1:]):
            raise ValueError(
                "An anomaly detector needs an autoencoder whose reconstructions have the shape of the images, got "
                f"{tuple(reconstructions.shape[1:])} for images of {tuple(self.images.shape[1:])}."
            )
        return reconstructions

    @functools.cached_property
    def squared_errors(self) -> Any:
        """The squared error of each pixel, averaged over channels: `(n, *spatial)`."""
        return ops.mean(ops.square(self.images - self.reconstructions), axis=-1)

    @functools.cached_property
    def absolute_errors(self) -> Any:
        """The absolute error of each pixel, averaged over channels: `(n, *spatial)`."""
        return ops.mean(ops.abs(self.images - self.reconstructions), axis=-1)

    def once(self, owner: Any, compute: Callable[["Seen"], Any]) -> Any:
        """Return the result of `compute` for this batch, which is computed once for each owner, a score."""
        if id(owner) not in self._computed:
            self._computed[id(owner)] = compute(self)
        return self._computed[id(owner)]

    @functools.cached_property
    def codes(self) -> Any:
        """The codes, flattened: `(n, values)`."""
        codes = ops.cast(self.autoencoder.encode(self.given), "float32")
        return ops.reshape(codes, (-1, int(np.prod(codes.shape[1:]))))

    @functools.cached_property
    def posterior(self) -> tuple[Any, Any]:
        """The mean and the logarithm of the variance of each code, for variational models."""
        mean, log_variance = self.autoencoder.posterior(self.given)
        return ops.cast(mean, "float32"), ops.cast(log_variance, "float32")

    @functools.cached_property
    def in_unit_range(self) -> tuple[Any, Any]:
        """Images and reconstructions, scaled by the same factor and offset so that the images lie in [0, 1].

        The range is that of the output activation, or that of the training images if the activation is unbounded.
        """
        gate = self.autoencoder._gate
        low, high = (gate.low, gate.high) if gate.bounded else (gate.span or (0.0, 1.0))
        width = high - low or 1.0
        return (self.images - low) / width, (self.reconstructions - low) / width


def pixel_axes(images: Any) -> tuple[int, ...]:
    """Return all axes except for the batch axis."""
    return tuple(range(1, len(images.shape)))
