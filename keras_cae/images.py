"""The scale, the shape and the size of image batches.

The models, the layers, the metrics, the plots and the command-line program use it.
"""

from typing import Any

import keras
from keras import ops

from keras_cae.kinds import KINDS
from keras_cae.pixel_values import white

Shape = tuple[int | None, ...]


def scale_images(images: Any, dtype: str | None = None) -> Any:
    """Return integer images as floats in [0, 1], and floats unchanged.

    Integers are divided by the largest value of their type: 255 for uint8, 65535 for uint16, 1 for booleans.

    Args:
        images: array or tensor of any shape.
        dtype: the float type of scaled images; by default Keras's `floatx`.

    Raises:
        ValueError: the images are integers of a type for which the value of white is unknown.
    """
    largest = white(keras.backend.standardize_dtype(images.dtype))
    if largest is None:
        return images
    return ops.cast(images, dtype or keras.config.floatx()) / largest


def check_image_batch(shape: Any, expected: Shape | None = None, rank: int = 2) -> Shape:
    """Check that a shape is that of a batch of images, signals or volumes, and return it without the batch axis.

    Args:
        shape: shape of a batch, `(n, *spatial, channels)`.
        expected: the required `(*spatial, channels)` of the images, with None for any size.
        rank: number of spatial axes of the images.

    Raises:
        ValueError: the shape is not that of such a batch.
    """
    kind = KINDS[rank]
    shape = known_shape(shape)
    if shape is None:
        raise ValueError(
            f"The rank of the {kind.noun} is unknown. {kind.noun.capitalize()} must have the shape {kind.shape}: set "
            "the shape of the dataset's elements, for instance with tf.ensure_shape."
        )
    if len(shape) != rank + 2:
        raise ValueError(
            f"{kind.noun.capitalize()} must be a batch of shape {kind.shape}, got {shape}. {_remedy(shape, rank)}"
        )
    image_shape = shape[1:]
    if image_shape[-1] is None:
        raise ValueError(
            f"The number of channels must be known, got {kind.noun} of shape {shape}. Set the shape of the dataset's "
            "elements, for instance with tf.ensure_shape."
        )
    if expected is not None and not compatible(image_shape, expected):
        raise ValueError(
            f"This model was built for {kind.noun} of shape {expected} {kind.shape_of_one}, "
            f"got {image_shape}. Resize the {kind.noun}, or create a new model for them."
        )
    return image_shape


def _remedy(shape: Shape, rank: int) -> str:
    """Return the remedy for a batch with the wrong number of axes."""
    kind, other = KINDS[rank], KINDS.get(len(shape) - 2)
    remedies = []
    if len(shape) == rank + 1:
        without_channels = kind.shape_without_channels
        grey = "grey images" if rank == 2 else f"{kind.noun} of one channel"
        remedies.append(
            f"Add the missing axis: {kind.noun}[..., None] for {grey} {without_channels}, "
            f"{kind.one}[None] for a single {kind.one} {kind.shape_of_one}."
        )
    if other is not None:
        remedies.append(f"For {other.noun} {other.shape}, create the model with rank={len(shape) - 2}.")
    return " ".join(remedies)


def known_shape(shape: Any) -> Shape | None:
    """Return `shape` as a tuple, or None if even its rank is unknown."""
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def compatible(shape: Any, other: Any) -> bool:
    """Return whether two shapes have the same rank and agree wherever both sizes are known."""
    return len(shape) == len(other) and all(a is None or b is None or a == b for a, b in zip(shape, other, strict=True))


def crop(images: Any, size: tuple[Any, ...]) -> Any:
    """Crop images to a size, keeping the beginning of each spatial axis; None keeps a side unchanged."""
    if tuple(images.shape[1:-1]) == tuple(size):
        return images
    return images[(slice(None), *[slice(side) for side in size])]


def image_size(images: Any) -> tuple[Any, ...] | None:
    """Return the spatial sides of a batch: integers if all are known, otherwise scalar tensors.

    It is None for a symbolic batch of unknown size.
    """
    size = tuple(images.shape[1:-1])
    if None not in size:
        return size
    return None if isinstance(images, keras.KerasTensor) else tuple(ops.unstack(ops.shape(images)[1:-1]))
