"""Sample weights of images and pixels, in the shapes that losses and metrics expect."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.images import known_shape
from keras_cae.kinds import KINDS


def check_weights(sample_weight: Any, image_rank: int = 4) -> Any:
    """Return weights of images with shape `(n,)`, or of pixels with shape `(n, *spatial)`; None stays None.

    Args:
        sample_weight: weights that the user passed.
        image_rank: number of axes of a batch of images.

    Raises:
        ValueError: the weights have another shape or are not real numbers.
    """
    if sample_weight is None:
        return None
    if not hasattr(sample_weight, "shape"):
        sample_weight = np.asarray(sample_weight)
    shape = known_shape(sample_weight.shape)
    if not hasattr(sample_weight, "dtype") or not _is_real(sample_weight.dtype):
        raise ValueError("sample_weight must contain real numbers, one for each image or one for each pixel.")
    if shape is None:
        return sample_weight
    ones = all(side == 1 for side in shape[1:])
    if shape and (ones or len(shape) == image_rank - 1 or (len(shape) == image_rank and shape[-1] == 1)):
        if len(shape) > 1 and ones and None not in shape[1:]:
            return sample_weight[(slice(None), *[0] * (len(shape) - 1))]
        return sample_weight[..., 0] if len(shape) == image_rank else sample_weight
    raise ValueError(
        "sample_weight must have one weight for each image, of shape (n,), or one for each pixel, of shape "
        f"{KINDS[image_rank - 2].shape_without_channels}, got the shape {shape}."
    )


def ranked_weights(sample_weight: Any, images: Any) -> Any:
    """Expand weights of unknown rank to the pixels of the images; return other weights unchanged."""
    if sample_weight is None or known_shape(sample_weight.shape) is not None:
        return sample_weight
    sides = ops.shape(images)[:-1]
    per_image = ops.reshape(sample_weight, (sides[0], -1))
    pixels = ops.prod(ops.convert_to_tensor(sides[1:]))
    weights = ops.reshape(ops.broadcast_to(per_image, (sides[0], pixels)), sides)
    weights.set_shape([None] * len(sides))
    return weights


def _is_real(dtype: Any) -> bool:
    name = str(getattr(dtype, "name", dtype))
    return any(kind in name for kind in ("float", "int", "bool"))


def per_image_weights(sample_weight: Any, rank: int = 3) -> Any:
    """Expand weights of images, `(n,)` or `(n, 1)`, to the rank of a loss's values; return other weights unchanged.

    Args:
        sample_weight: weights of images or of their pixels.
        rank: number of axes of the values: two for signals, three for images, four for volumes.
    """
    if sample_weight is None:
        return None
    shape = known_shape(sample_weight.shape)
    if shape is None or len(shape) > 2 or len(shape) == rank:
        return sample_weight
    weights = sample_weight if len(shape) == 1 else sample_weight[:, 0]
    return weights[(slice(None), *[None] * (rank - 1))]


def mean_of_each_image(sample_weight: Any) -> Any:
    """Return the weight of each image, or the mean weight of its pixels, in float32 and with shape `(n,)`."""
    if sample_weight is None:
        return None
    weights = ops.cast(sample_weight, "float32")
    axes = tuple(range(1, len(weights.shape)))
    return ops.mean(weights, axis=axes) if axes else weights


def weights_for_loss(loss: Any, target: Any, y_pred: Any, sample_weight: Any) -> Any:
    """Return sample weights in a shape that fits the values of the compiled loss.

    A loss may return a value for each pixel, `(n, *spatial)`, or for each image, `(n,)`. A weight of an image applies
    to all values of the image. If an image has a single value, its weight is the mean weight of its pixels.
    """
    if sample_weight is None:
        return None
    shape = shape_of_loss(loss, target, y_pred)
    if shape is None:
        return per_image_weights(sample_weight)
    if len(shape) == 1:
        return mean_of_each_image(sample_weight)
    return per_image_weights(sample_weight, len(shape))


def shape_of_loss(loss: Any, target: Any, y_pred: Any) -> tuple[int | None, ...] | None:
    """Return the shape of the values of a loss before averaging; None if it is unknown or its parts differ in rank."""
    losses = [part for part in keras.tree.flatten(loss) if part is not None]
    shapes = []
    for part in losses:
        if not isinstance(part, str | keras.Loss) and not callable(part):
            return None
        function = keras.losses.get(part)
        values = getattr(function, "call", function)(target, y_pred)
        shapes.append(tuple(values.shape))
    return shapes[0] if len({len(shape) for shape in shapes}) == 1 else None
