"""Inference on data of any length, batch by batch."""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.training.data import as_data
from keras_cae.validation import positive_int

DEFAULT_BATCH_SIZE = 128


def is_tensor(inputs: Any) -> bool:
    """Return whether inputs are tensors, including symbolic tensors, rather than data on the host."""
    parts = keras.tree.flatten(inputs)
    return bool(parts) and all(isinstance(part, tf.Tensor | keras.KerasTensor) for part in parts)


class Inference:
    """Applies a function of a model to data of any length, in batches.

    Tensors are passed to the function directly, without batching, so that the result is differentiable. Arrays and
    datasets are processed batch by batch with the compiled function.

    Args:
        function: maps a batch, a tensor or a tuple of tensors, to a tensor or a structure of tensors.
        check: called with each batch of arrays before the function; raises an error to refuse the batch.
        eager: returns whether the function should run without compilation.
        name: name of the data in error messages.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        check: Callable[[Any], None] = lambda batch: None,
        eager: Callable[[], bool] = lambda: False,
        name: str = "images",
    ) -> None:
        self.function = function
        self.check = check
        self.eager = eager
        self.name = name

    @functools.cached_property
    def _compiled(self) -> Any:
        return tf.function(self.function, autograph=False, reduce_retracing=True)

    def __call__(self, inputs: Any, batch_size: int = DEFAULT_BATCH_SIZE, **options: Any) -> Any:
        """Return the function's outputs: tensors for tensors, otherwise arrays that join the batches.

        Args:
            inputs: a tensor; an array, or a tuple of arrays of the same length; or a `tf.data.Dataset`, a
                `PyDataset` or a generator, of which only the first component of each element is used.
            batch_size: number of examples per batch, for arrays.
            **options: further arguments of the function.
        """
        if is_tensor(inputs):
            for part in keras.tree.flatten(inputs):
                if hasattr(part, "numpy"):
                    self.check(part.numpy())
            return self.function(inputs, **options)
        return joined(self.on_batch(batch, **options) for batch in batches_of(inputs, batch_size, self.name))

    def on_batch(self, batch: Any, **options: Any) -> Any:
        """Return the function's outputs for a batch of arrays, as arrays.

        Args:
            batch: an array, or a tuple of arrays of the same length.
            **options: further arguments of the function.
        """
        self.check(batch)
        function = self.function if self.eager() else self._compiled
        tensors = keras.tree.map_structure(ops.convert_to_tensor, batch)
        return keras.tree.map_structure(_to_array, function(tensors, **options))


def joined(outputs: Iterable[Any]) -> Any:
    """Concatenate the outputs of all batches, which are arrays or structures of arrays."""
    outputs = list(outputs)
    if not outputs:
        raise ValueError("There are no images to process: the dataset is empty.")
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)


def batches_of(inputs: Any, batch_size: int, name: str = "images") -> Iterator[Any]:
    """Yield the batches of data as arrays on the host, without targets and weights."""
    batch_size = positive_int(batch_size, "batch_size")
    if not isinstance(inputs, tuple):
        inputs = as_data(inputs, name)
    if isinstance(inputs, tf.data.Dataset | keras.utils.PyDataset) or inspect.isgenerator(inputs):
        for element in inputs:
            first = keras.utils.unpack_x_y_sample_weight(element)[0]
            yield first.numpy() if hasattr(first, "numpy") else np.asarray(first)
        return
    several = isinstance(inputs, tuple)
    arrays = [np.asarray(part) for part in (inputs if several else [inputs])]
    for start in range(0, len(arrays[0]), batch_size):
        batch = tuple(array[start : start + batch_size] for array in arrays)
        yield batch if several else batch[0]


def _to_array(tensor: Any) -> np.ndarray:
    """Return a tensor as an array of a native NumPy type: bfloat16 becomes float32."""
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        tensor = ops.cast(tensor, "float32")
    return ops.convert_to_numpy(tensor)
