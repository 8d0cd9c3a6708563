"""Validation of a model's normalizer and its adaptation to the first training data."""

import inspect
import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.images import scale_images
from keras_cae.serialization import layer
from keras_cae.training.inference import batches_of

CHUNK_SIZE = 1024
"""The number of images of an array that are processed at once."""


def normalizer_rule(value: Any, name: str) -> keras.layers.Normalization:
    """Validate a normalizer: a `keras.layers.Normalization` that normalizes each channel, or its configuration."""
    value = layer(value, name)
    if not isinstance(value, keras.layers.Normalization):
        raise TypeError(f"{name} must be a keras.layers.Normalization, got {value!r}.")
    config = value.get_config()
    axis = tuple(config["axis"]) if isinstance(config["axis"], list | tuple) else (config["axis"],)
    if len(axis) != 1 or config["invert"]:
        raise ValueError(
            f"{name} must normalize each channel, keras.layers.Normalization(axis=-1), got axis={config['axis']} and "
            f"invert={config['invert']}."
        )
    return value


def is_adapted(normalizer: keras.layers.Normalization) -> bool:
    """Return whether a normalizer has been adapted or was created with a mean and a variance."""
    return normalizer.built or normalizer.input_mean is not None


def first_images(data: Any) -> Any:
    """Return the first images of the training data, or an object of the same shape, such as a `tf.TensorSpec`."""
    if isinstance(data, keras.utils.PyDataset):
        return keras.utils.unpack_x_y_sample_weight(data[0])[0]
    if isinstance(data, tf.data.Dataset):
        return keras.utils.unpack_x_y_sample_weight(data.element_spec)[0]
    return data


def batches_to_adapt_to(data: Any, steps: int | None) -> Iterator[np.ndarray]:
    """Return an iterator over one epoch of training data.

    Args:
        data: images in any form that `fit` accepts.
        steps: number of batches in an epoch, for infinite datasets.

    Raises:
        ValueError: the data can be read only once, or they are infinite and `steps` is None.
    """
    if inspect.isgenerator(data) or isinstance(data, tf.distribute.DistributedDataset):
        raise ValueError(
            f"The normalizer can't be adapted to a {type(data).__name__}, which can be read only once. Adapt it "
            "before training: normalizer.adapt(images)."
        )
    endless = isinstance(data, tf.data.Dataset) and int(data.cardinality()) == tf.data.INFINITE_CARDINALITY
    if endless and steps is None:
        raise ValueError("The normalizer can't be adapted to an infinite dataset. Pass steps_per_epoch to fit.")
    return itertools.islice(batches_of(data, CHUNK_SIZE), steps if endless else None)


def adapt(normalizer: keras.layers.Normalization, batches: Iterator[np.ndarray]) -> None:
    """Set the mean and variance of a built normalizer to those of each channel of the images.

    Raises:
        ValueError: some values are not finite.
    """
    count, mean, squares = 0, np.zeros(()), np.zeros(())
    for batch in batches:
        values = np.asarray(scale_images(batch), "float64").reshape(-1, batch.shape[-1])
        if not np.isfinite(values).all():
            raise ValueError(
                "x has values that are not a number (NaN) or infinite, so the normalizer can't be adapted to it. Leave "
                "these images out, or repair them: ~np.isfinite(x).reshape(len(x), -1).all(axis=1) finds them."
            )
        shift = values.mean(axis=0) - mean
        squares = squares + np.square(values - values.mean(axis=0)).sum(axis=0)
        squares = squares + np.square(shift) * count * len(values) / (count + len(values))
        mean = mean + shift * len(values) / (count + len(values))
        count += len(values)
    normalizer.adapt_mean.assign(mean)
    normalizer.adapt_variance.assign(squares / count)
    normalizer.finalize_state()


def check_integers(normalizer: keras.layers.Normalization, dtype: str) -> None:
    """Refuse integers, which are scaled to [0, 1], if the normalizer was adapted to values outside this range."""
    mean = np.asarray(normalizer.mean, "float64")
    if "float" not in dtype and not ((mean >= 0) & (mean <= 1)).all():
        raise ValueError(
            f"x has the type {dtype}, whose values are scaled to [0, 1], but the normalizer was adapted to values with "
            f"the means {mean.ravel()}. Pass x as floats in the unit that the normalizer was adapted to."
        )
