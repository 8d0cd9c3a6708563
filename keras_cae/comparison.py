"""The preparation of images and weights for metrics and losses.

The losses, the metrics, the anomaly scores and the drawing functions use it.
"""

from typing import Any

from keras import ops

from keras_cae.images import compatible, known_shape, scale_images

RANKS = (3, 4, 5)
"""The numbers of axes of batches of signals, images and volumes."""


def check_comparable(y_true: Any, y_pred: Any, name: str) -> None:
    """Raise a `ValueError` unless `y_true` and `y_pred` are batches of the same shape.

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
            f"{true_shape} and y_pred of shape {pred_shape}. If the channel axis is missing, add it: "
            "images[..., None]."
        )


def comparable(images: Any, max_value: float) -> Any:
    """Return images as float32 from 0 to 1, given floats from 0 to `max_value` or integers.

    Args:
        images: array or tensor.
        max_value: the largest possible value of floats. Integers are scaled by the largest value of their type.
    """
    return ops.cast(scale_integers(images, max_value), "float32") / max_value


def scale_integers(images: Any, max_value: float) -> Any:
    """Return integer images as floats from 0 to `max_value`, and floats unchanged, as a tensor."""
    images = ops.convert_to_tensor(images)
    scaled = scale_images(images, "float32")
    return images if scaled is images else scaled * max_value


def spatial_axes(images: Any) -> tuple[int, ...]:
    """Return the axes between the batch axis and the channel axis."""
    return tuple(range(1, len(images.shape) - 1))


def weights_of_pixels(sample_weight: Any, images: Any) -> Any:
    """Return the weight of each pixel, as float32, of shape `(n, height, width)`.

    Args:
        sample_weight: one weight per image, `(n,)` or `(n, 1)`, or one per pixel, `(n, height, width)` or
            `(n, height, width, 1)`. Weights of several channels are averaged.
        images: batch of images. Pixels of signals have the shape `(n, length)`, pixels of volumes `(n, depth, height,
            width)`.

    Raises:
        ValueError: the weights have another shape.
    """
    return ops.broadcast_to(_aligned(sample_weight, images), ops.shape(images)[:-1])


def weights_of_images(sample_weight: Any, images: Any) -> Any:
    """Return the weight of each image, as float32, of shape `(n,)`. Weights of pixels are averaged.

    Args:
        sample_weight: as in `weights_of_pixels`.
        images: batch of images.

    Raises:
        ValueError: the weights have another shape.
    """
    means = ops.mean(_aligned(sample_weight, images), axis=spatial_axes(images))
    return ops.broadcast_to(means, ops.shape(images)[:1])


def _aligned(sample_weight: Any, images: Any) -> Any:
    """Return the weights with the rank of the pixels, with length 1 where a weight applies to a whole axis."""
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
    """Return whether a shape broadcasts to the target shape, as far as both are known."""
    return len(shape) == len(target) and all(
        size == 1 or compatible((size,), (other,)) for size, other in zip(shape, target, strict=True)
    )
