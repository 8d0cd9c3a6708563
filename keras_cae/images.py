"""What every part of the library takes for an image batch: its scale, its shape, its size."""

from typing import Any

import keras
from keras import ops

from keras_cae.kinds import KINDS
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


def check_image_batch(shape: Any, expected: Shape | None = None, rank: int = 2) -> Shape:
    """Return `shape` without its batch axis, if it is one of batches of images, or of signals or volumes.

    Args:
        shape: the shape of a batch, `(n, *spatial, channels)`.
        expected: the `(*spatial, channels)` that the images must have; None stands for any size.
        rank: number of spatial axes of the images.

    Raises:
        ValueError: the shape is another one.
    """
    kind = KINDS[rank]
    shape = known_shape(shape)
    if shape is None:
        raise ValueError(
            f"The rank of the {kind.noun} is not known. {kind.noun.capitalize()} must come as batches of shape "
            f"{kind.shape}: give the dataset's elements a shape, for instance with tf.ensure_shape."
        )
    if len(shape) != rank + 2:
        raise ValueError(
            f"{kind.noun.capitalize()} must come as a batch of shape {kind.shape}, got {shape}. {_remedy(shape, rank)}"
        )
    image_shape = shape[1:]
    if image_shape[-1] is None:
        raise ValueError(
            f"The number of channels must be known, got {kind.noun} of shape {shape}. Give the elements of the "
            "dataset a shape, for instance with tf.ensure_shape."
        )
    if expected is not None and not compatible(image_shape, expected):
        raise ValueError(
            f"This model was built for {kind.noun} of shape {expected} {kind.shape_of_one}, "
            f"got {image_shape}. Resize the {kind.noun}, or make a new model for them."
        )
    return image_shape


def _remedy(shape: Shape, rank: int) -> str:
    """Return what to do about a batch that has too few axes, or too many."""
    kind, other = KINDS[rank], KINDS.get(len(shape) - 2)
    remedies = []
    if len(shape) == rank + 1:
        without_channels = kind.shape_without_channels
        grey = "grey images" if rank == 2 else f"{kind.noun} of one channel"
        remedies.append(
            f"Add the axis that is missing: {kind.noun}[..., None] for {grey} {without_channels}, "
            f"{kind.one}[None] for a single {kind.one} {kind.shape_of_one}."
        )
    if other is not None:
        remedies.append(f"For {other.noun} {other.shape} make the model with rank={len(shape) - 2}.")
    return " ".join(remedies)


def known_shape(shape: Any) -> Shape | None:
    """Return `shape` as a tuple, or None if even its rank is not known."""
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def compatible(shape: Any, other: Any) -> bool:
    """Return whether two shapes have the same rank and agree wherever both sizes are known."""
    return len(shape) == len(other) and all(a is None or b is None or a == b for a, b in zip(shape, other, strict=True))


def crop(images: Any, size: tuple[Any, ...]) -> Any:
    """Cut images down to a size, keeping the beginning of each spatial axis; None leaves a side as it is."""
    if tuple(images.shape[1:-1]) == tuple(size):
        return images
    return images[(slice(None), *[slice(side) for side in size])]


def image_size(images: Any) -> tuple[Any, ...] | None:
    """Return the spatial sides of a batch: integers where all are known, else scalar tensors.

    None for a symbolic batch whose size is not known.
    """
    size = tuple(images.shape[1:-1])
    if None not in size:
        return size
    return None if isinstance(images, keras.KerasTensor) else tuple(ops.unstack(ops.shape(images)[1:-1]))
