"""Inference over more data than fits in one batch."""

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
    """Return whether inputs are tensors, symbolic ones included, rather than data on the host."""
    parts = keras.tree.flatten(inputs)
    return bool(parts) and all(isinstance(part, tf.Tensor | keras.KerasTensor) for part in parts)


class Inference:
    """Applies a function of a model to data of any length, in batches.

    Tensors are passed on as they are, at once and differentiably; arrays and datasets batch by batch, through the
    compiled function.

    Args:
        function: from a batch, a tensor or a tuple of tensors, to a tensor or a structure of tensors.
        check: called with every batch of arrays before the function, to refuse it.
        eager: returns whether the function is to run uncompiled.
        name: what the data are called in errors.
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
        """Return the function's outputs: tensors for tensors, else arrays, joined.

        Args:
            inputs: a tensor; an array, or a tuple of arrays of the same length; a `tf.data.Dataset`, a
                `PyDataset` or a generator, of whose elements the first part is taken.
            batch_size: how many examples of an array make a batch.
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
    """Return the outputs of all batches, arrays or structures of arrays, as one."""
    outputs = list(outputs)
    if not outputs:
        raise ValueError("There is no image to work on. The dataset is empty.")
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)


def batches_of(inputs: Any, batch_size: int, name: str = "images") -> Iterator[Any]:
    """Yield the batches of data, on the host; targets and weights beside the images are left out."""
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
    """Return the tensor as an array of a type that NumPy itself knows: bfloat16 becomes float32."""
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        tensor = ops.cast(tensor, "float32")
    return ops.convert_to_numpy(tensor)
