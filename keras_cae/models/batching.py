"""Inference over more data than fits in one batch."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.validation import positive_int


def is_tensor(inputs: Any) -> bool:
    """Whether inputs are tensors, symbolic ones included, rather than data on the host."""
    return all(isinstance(x, tf.Tensor | keras.KerasTensor) for x in keras.tree.flatten(inputs))


def in_batches(function: Callable[[Any], Any], inputs: Any, batch_size: int) -> Any:
    """Apply `function` batch by batch and return its outputs as arrays, joined.

    Args:
        function: from a batch to a tensor or a structure of tensors.
        inputs: an array, a tuple of arrays of the same length, or a `tf.data.Dataset`, of whose elements
            the first part is taken.
        batch_size: how many examples of an array make a batch.
    """
    outputs = [keras.tree.map_structure(_to_array, function(x)) for x in _batches(inputs, batch_size)]
    if not outputs:
        raise ValueError("The dataset is empty.")
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)


def _batches(inputs: Any, batch_size: int) -> Iterator[Any]:
    batch_size = positive_int(batch_size, "batch_size")
    if isinstance(inputs, tf.data.Dataset):
        for element in inputs:
            yield keras.utils.unpack_x_y_sample_weight(element)[0]
        return
    several = isinstance(inputs, tuple)
    arrays = [np.asarray(part) for part in (inputs if several else [inputs])]
    for start in range(0, max(len(arrays[0]), 1), batch_size):
        batch = [array[start : start + batch_size] for array in arrays]
        yield batch if several else batch[0]


def _to_array(tensor: Any) -> np.ndarray:
    """The tensor as an array of a type that NumPy itself knows: bfloat16 becomes float32."""
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        tensor = ops.cast(tensor, "float32")
    return ops.convert_to_numpy(tensor)
