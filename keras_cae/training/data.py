"""The containers of data that a model accepts."""

import inspect
import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.images import known_shape
from keras_cae.validation import non_negative_int, optional, positive_int

ACCEPTED = "an array, a tensor, a tf.data.Dataset, a keras.utils.PyDataset or a generator of batches"


def as_data(data: Any, name: str) -> Any:
    """Return images in a container that Keras accepts.

    Lists of images become an array. Generators may yield bare batches, which are wrapped in tuples for Keras.

    Args:
        data: data that the user passed.
        name: name of the argument, for errors.

    Raises:
        TypeError: the data are not a container of images.
        ValueError: the container is empty or has several inputs.
    """
    if isinstance(data, tf.data.Dataset):
        _check_dataset(data, name)
        return data
    if inspect.isgenerator(data):
        return _as_tuples(data)
    if isinstance(data, keras.utils.PyDataset) or _is_distributed(data):
        return data
    if isinstance(data, list | tuple):
        data = _stack(data, name)
    if isinstance(data, dict):
        raise ValueError(
            f"{name} must be {ACCEPTED}, got a dictionary with the keys {sorted(map(str, data))}. Pass only the images."
        )
    if isinstance(data, tf.RaggedTensor | tf.SparseTensor):
        raise TypeError(f"{name} must contain images of the same size, as {ACCEPTED}, got a {type(data).__name__}.")
    if data is None or isinstance(data, str | bytes | int | float | complex | bool) or not hasattr(data, "shape"):
        raise TypeError(f"{name} must be {ACCEPTED}, got {data!r}."[:500])
    _check_array(data, name)
    return data


def first_shape(data: Any) -> Any:
    """Return the shape of the batches of an array or a dataset as far as it is known, otherwise None."""
    if isinstance(data, tf.data.Dataset):
        data = keras.utils.unpack_x_y_sample_weight(data.element_spec)[0]
    shape = getattr(data, "shape", None)
    return None if shape is None else known_shape(shape)


def peek(data: Any, name: str, built: bool) -> tuple[Any, Any]:
    """Return the first images of the data, and the data with these images still included.

    The images are None for arrays and datasets, whose shape is known, and for a `PyDataset` if the model is built,
    because a batch may be expensive to load and the step checks it anyway.

    Raises:
        ValueError: there is no batch.
    """
    if isinstance(data, keras.utils.PyDataset):
        if data.num_batches == 0:
            raise ValueError(f"{name} must hold at least one image. The dataset is empty.")
        return None if built else _images_of(data[0], name), data
    if not inspect.isgenerator(data):
        return None, data
    first = next(data, None)
    if first is None:
        raise ValueError(f"{name} must hold at least one image. The generator is empty.")
    return _images_of(first, name), (batch for batch in itertools.chain([first], data))


def _images_of(element: Any, name: str) -> Any:
    images = keras.utils.unpack_x_y_sample_weight(element)[0] if isinstance(element, tuple) else element
    return as_data(images, name)


def check_counts(batch_size: Any, epochs: Any = 1) -> None:
    """Raise a `ValueError` unless the batch size is positive or None and the number of epochs is not negative."""
    optional(positive_int)(batch_size, "batch_size")
    non_negative_int(epochs, "epochs")


def check_validation_split(split: Any) -> None:
    """Raise a `ValueError` unless a validation split leaves images to train on."""
    if isinstance(split, bool) or not isinstance(split, int | float | np.number) or not 0 <= split < 1:
        raise ValueError(f"validation_split must be a number from 0 to below 1, got {split!r}.")


def _is_distributed(data: Any) -> bool:
    return isinstance(data, tf.distribute.DistributedDataset)


def _as_tuples(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        yield batch if isinstance(batch, tuple) else (batch,)


def _stack(parts: Any, name: str) -> Any:
    if len(parts) == 1 and getattr(parts[0], "ndim", 0) in (4, 5):
        return parts[0]
    try:
        return np.asarray([np.asarray(part) for part in parts])
    except ValueError as error:
        raise ValueError(
            f"{name} must contain images of the same size, got a {type(parts).__name__} of images of several sizes. "
            "Resize them, or pass them one by one to a fully convolutional model."
        ) from error


def _check_dataset(data: tf.data.Dataset, name: str) -> None:
    spec = data.element_spec
    images = spec[0] if isinstance(spec, tuple) and spec else spec
    if isinstance(images, dict | list | tuple) or not hasattr(images, "shape"):
        raise ValueError(
            f"{name} must be a dataset of batches of images, or of tuples (images, targets, weights), got elements of "
            f"the form {spec}. Select the images: dataset.map(lambda element: element['image'])."
        )
    if int(data.cardinality()) == 0:
        raise ValueError(f"{name} must hold at least one image. The dataset is empty.")


def _check_array(data: Any, name: str) -> None:
    if not len(data.shape):
        raise TypeError(f"{name} must be {ACCEPTED}, got the scalar {data!r}.")
    kind = str(getattr(data, "dtype", ""))
    if not any(known in kind for known in ("float", "int", "bool")):
        raise ValueError(f"{name} must contain integers, booleans or floats, got {kind or type(data).__name__}.")
    if data.shape[0] == 0:
        raise ValueError(f"{name} must hold at least one image, got the shape {tuple(data.shape)}.")
