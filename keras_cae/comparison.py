"""The preparation of images and weights for metrics and losses."""

from typing import Any

from keras import ops

from keras_cae.images import compatible, known_shape, scale_images

RANKS = (3, 4, 5)
"""The number of axes of a batch of signals, of images and of volumes."""


def check_comparable(y_true: Any, y_pred: Any, name: str) -> None:
    """Raise a `ValueError` unless the two are batches of the same shape.

    Args:
        y_true: batch of images, signals or volumes.
        y_pred: reconstructions of the images.
        name: name of the metric or loss that compares them.
    """
    true_shape, pred_shape = known_shape(y_true.shape), known_shape(y_pred.shape)
    if (
        true_shape is None
        or pred_shape is None
        or len(true_shape) not in RANKS
        or not compatible(true_shape, pred_shape)
    ):
        raise ValueError(
            f"{name} compares two batches of the same shape: images (n, height, width, channels), signals "
            "(n, length, channels) or volumes (n, depth, height, width, channels). Got y_true of shape "
            f"{true_shape} and y_pred of shape {pred_shape}. If the axis of the channels is missing, add it: "
            "images[..., None]."
        )


def comparable(images: Any, max_value: float) -> Any:
    """Return images as float32 from 0 to 1, given images from 0 to `max_value`; integers are scaled by their type.

    Args:
        images: array or tensor.
        max_value: the largest value that floats can have.
    """
    return ops.cast(integers_scaled(images, max_value), "float32") / max_value


def integers_scaled(images: Any, max_value: float) -> Any:
    """Return integer images as floats from 0 to `max_value`; floats as they are. Always a tensor."""
    images = ops.convert_to_tensor(images)
    scaled = scale_images(images, "float32")
    return images if scaled is images else scaled * max_value


def spatial_axes(images: Any) -> tuple[int, ...]:
    """Return the axes between that of the batch and that of the channels."""
    return tuple(range(1, len(images.shape) - 1))


def weights_of_pixels(sample_weight: Any, images: Any) -> Any:
    """Return the weight of each pixel, as float32, of shape `(n, height, width)`.

    Args:
        sample_weight: one weight per image, `(n,)` or `(n, 1)`, or one per pixel, `(n, height, width)` or
            `(n, height, width, 1)`. With more channels, their mean counts.
        images: batch of images. The pixels of signals have the shape `(n, length)`, those of volumes
            `(n, depth, height, width)`.

    Raises:
        ValueError: the weights have another shape.
    """
    return ops.broadcast_to(_aligned(sample_weight, images), ops.shape(images)[:-1])


def weights_of_images(sample_weight: Any, images: Any) -> Any:
    """Return the weight of each image, as float32, of shape `(n,)`: with weights of pixels, their mean.

    Args:
        sample_weight: as for `weights_of_pixels`.
        images: batch of images.

    Raises:
        ValueError: the weights have another shape.
    """
    means = ops.mean(_aligned(sample_weight, images), axis=spatial_axes(images))
    return ops.broadcast_to(means, ops.shape(images)[:1])


def _aligned(sample_weight: Any, images: Any) -> Any:
    """Return the weights with as many axes as pixels have, of length 1 where a weight counts for the whole axis."""
    weights = ops.cast(sample_weight, "float32")
    given, expected = tuple(weights.shape), tuple(images.shape[:-1])
    if len(given) <= len(images.shape) and all(size == 1 for size in given[1:]):
        weights = ops.reshape(weights, (-1, *[1] * (len(expected) - 1)))
    elif len(given) == len(images.shape):
        weights = ops.mean(weights, axis=-1)
    if not _broadcasts(tuple(weights.shape), expected):
        raise ValueError(
            "sample_weight must hold one weight per image, of shape (n,) or (n, 1), or one per pixel, of "
            f"shape {expected} or {(*expected, 1)}, got shape {given}."
        )
    return weights


def _broadcasts(shape: tuple[int | None, ...], target: tuple[int | None, ...]) -> bool:
    """Return whether each axis has the length of the target's, as far as known, or 1."""
    return len(shape) == len(target) and all(
        size == 1 or compatible((size,), (other,)) for size, other in zip(shape, target, strict=True)
    )
