"""What every part of the library takes for an image batch: its scale, its shape, its size."""

from typing import Any

import keras
from keras import ops

from keras_cae.pixel_values import white

Shape = tuple[int | None, ...]


def scale_images(images: Any, dtype: str | None = None) -> Any:
    """Return integer images as floats in [0, 1]; floats are returned as they are.

    Integers are divided by the largest value of their type: 255 for uint8, 65535 for uint16; of booleans,
    True is 1.

    Args:
        images: array or tensor of any shape.
        dtype: the float type of scaled images; by default Keras's `floatx`.

    Raises:
        ValueError: they are integers of another type, of which it is not known what is white.
    """
    largest = white(keras.backend.standardize_dtype(images.dtype))
    if largest is None:
        return images
    return ops.cast(images, dtype or keras.config.floatx()) / largest


def check_image_batch(shape: Any, expected: Shape | None = None) -> Shape:
    """Return `shape` without its batch axis, if it is one of image batches.

    Args:
        shape: the shape of a batch, `(n, height, width, channels)`.
        expected: the `(height, width, channels)` that the images must have; None stands for any size.

    Raises:
        ValueError: the shape is another one.
    """
    shape = known_shape(shape)
    if shape is None:
        raise ValueError(
            "The rank of the images is not known. Images must come as batches of shape (n, height, width, "
            "channels): give the dataset's elements a shape, for instance with tf.ensure_shape."
        )
    if len(shape) != 4:
        raise ValueError(
            f"Images must come as a batch of shape (n, height, width, channels), got {shape}. "
            "Add the axis that is missing: images[..., None] for grey images (n, height, width), "
            "image[None] for a single image (height, width, channels)."
        )
    image_shape = shape[1:]
    if image_shape[-1] is None:
        raise ValueError(
            f"The number of channels must be known, got images of shape {shape}. Give the elements of the dataset a "
            "shape, for instance with tf.ensure_shape."
        )
    if expected is not None and not compatible(image_shape, expected):
        raise ValueError(
            f"This model was built for images of shape {expected} (height, width, channels), "
            f"got {image_shape}. Resize the images, or make a new model for them."
        )
    return image_shape


def known_shape(shape: Any) -> Shape | None:
    """`shape` as a tuple, or None if even its rank is not known."""
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def compatible(shape: Any, other: Any) -> bool:
    """Whether two shapes have the same rank and agree wherever both sizes are known."""
    return len(shape) == len(other) and all(a is None or b is None or a == b for a, b in zip(shape, other, strict=True))


def halved(size: Any, times: int) -> Any:
    """The side of an image after `times` halvings, each rounded up; None where it is not known."""
    return None if size is None else (size + 2**times - 1) // 2**times


def crop(images: Any, size: tuple[Any, Any]) -> Any:
    """Cut images down to `(height, width)`, keeping the top left; None leaves a side as it is."""
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    return images[:, : size[0], : size[1]]


def image_size(images: Any) -> tuple[Any, Any] | None:
    """`(height, width)` of a batch: integers where both are known, else scalar tensors.

    None for a symbolic batch whose size is not known.
    """
    size = tuple(images.shape[1:3])
    if None not in size:
        return size
    return None if isinstance(images, keras.KerasTensor) else tuple(ops.unstack(ops.shape(images)[1:3]))
