"""A batch of images and what an autoencoder computes from it, as scores see them."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from keras_cae.images import scale_images


class Seen:
    """A batch of images and what the autoencoder computes from it, each at its first use.

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
        """What `predict` makes of them, of the same shape."""
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
        """Return what `compute` makes of this batch for its owner, a score, computed when it is first asked for."""
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
        """Mean and logarithm of the variance of each code, of variational models."""
        mean, log_variance = self.autoencoder.posterior(self.given)
        return ops.cast(mean, "float32"), ops.cast(log_variance, "float32")

    @functools.cached_property
    def in_unit_range(self) -> tuple[Any, Any]:
        """Images and reconstructions scaled by the same rule so that the images lie in [0, 1].

        The rule follows from the output activation, or else from the values that the model was trained on.
        """
        gate = self.autoencoder._gate
        low, high = (gate.low, gate.high) if gate.bounded else (gate.span or (0.0, 1.0))
        width = high - low or 1.0
        return (self.images - low) / width, (self.reconstructions - low) / width


def pixel_axes(images: Any) -> tuple[int, ...]:
    """Return all axes but that of the batch."""
    return tuple(range(1, len(images.shape)))
