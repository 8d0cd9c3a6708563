"""A corruption that reduces the resolution."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.layers.random_strength_corruption import RandomStrengthCorruption
from keras_cae.validation import choice, per_axis, positive_int_or_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class Downsample(RandomStrengthCorruption):
    """Reduces images and enlarges them again in training, so that a `DenoisingCAE` learns super-resolution.

    Each pixel of the reduced image is the mean of the pixels that it replaces; enlarging interpolates. To use the
    trained model, enlarge small images in the same way, for example with `keras.ops.image.resize(images, size,
    "bicubic")`, and let it sharpen them. With `training=False` images are returned unchanged.

    Args:
        factor: factor by which images are reduced, an integer or one for each axis.
        interpolation: interpolation by which images are enlarged: "cubic", "linear" or "nearest".
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`, or the equivalent for signals or volumes.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> halves = keras_cae.layers.Downsample(2, interpolation="nearest")
    >>> halves(np.array([1.0, 3.0, 5.0, 7.0]).reshape(1, 4, 1), training=True).numpy().ravel().tolist()
    [2.0, 2.0, 6.0, 6.0]
    """

    rules: ClassVar = {"factor": positive_int_or_ints, "interpolation": choice("cubic", "linear", "nearest")}

    def __init__(self, factor: int | Sequence[int] = 2, *, interpolation: str = "cubic", **kwargs: Any) -> None:
        super().__init__(seed=None, **kwargs)
        self.keep(factor=factor, interpolation=interpolation)

    def changed(self, images: Any) -> Any:
        sides = ops.shape(images)[1:-1]
        for axis, factor in enumerate(per_axis(self.factor, len(sides), "factor"), start=1):
            if factor > 1:
                images = self._along(images, axis, factor, sides[axis - 1])
        return images

    def _along(self, images: Any, axis: int, factor: int, side: Any) -> Any:
        small = (side + factor - 1) // factor
        # If `factor` does not divide the side, the pixels at the edge are repeated.
        parts = [
            ops.take(images, ops.minimum(ops.arange(small) * factor + part, side - 1), axis=axis)
            for part in range(factor)
        ]
        means = sum(parts) / factor
        place = (ops.cast(ops.arange(side), "float32") + 0.5) / factor - 0.5
        first = ops.floor(place)
        shape = [-1 if number == axis else 1 for number in range(len(images.shape))]
        enlarged: Any = 0.0
        for tap in range(-1, 3):
            index = ops.clip(ops.cast(first, "int32") + tap, 0, small - 1)
            weight = KERNELS[self.interpolation](ops.abs(place - first - tap))
            enlarged = enlarged + ops.reshape(weight, shape) * ops.take(means, index, axis=axis)
        return enlarged


def _cubic(distance: Any) -> Any:
    """Return the kernel of Keys (1981), with a = -1/2."""
    near = (1.5 * distance - 2.5) * distance**2 + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    return ops.where(distance <= 1.0, near, ops.where(distance < 2.0, far, 0.0))


def _linear(distance: Any) -> Any:
    return ops.maximum(1.0 - distance, 0.0)


def _nearest(distance: Any) -> Any:
    return ops.cast(distance < 0.5, "float32")


KERNELS: dict[str, Callable[[Any], Any]] = {"cubic": _cubic, "linear": _linear, "nearest": _nearest}
