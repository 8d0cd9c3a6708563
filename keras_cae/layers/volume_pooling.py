"""Pooling of volumes in every precision."""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.ranks import ranked_layer
from keras_cae.validation import choice, positive_ints

POOLINGS = {"Max": ops.max_pool, "Average": ops.average_pool}
WITH_KERNELS = ("float32", "bfloat16")
"""The types for which TensorFlow has kernels that pool volumes on every device."""

_by_slices: contextvars.ContextVar[bool] = contextvars.ContextVar("by_slices", default=False)


@contextlib.contextmanager
def pooling_by_slices() -> Iterator[None]:
    """Within the block, volumes are pooled using only operations for images."""
    token = _by_slices.set(True)
    try:
        yield
    finally:
        _by_slices.reset(token)


@keras.saving.register_keras_serializable(package="keras_cae")
class VolumePooling(Hyperparameters, keras.layers.Layer):
    """`keras.layers.MaxPooling3D` or `AveragePooling3D` with "same" padding, in every precision.

    If TensorFlow has no kernel for volumes, height and width are pooled first and depth afterwards, with the same
    result.

    Args:
        kind: "Max" or "Average".
        size: sides of the windows, `(depth, height, width)`.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    rules: ClassVar = {"kind": choice(*POOLINGS), "size": positive_ints}

    def __init__(self, kind: str, size: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(kind=kind, size=size)

    def call(self, inputs: Any) -> Any:
        if keras.backend.standardize_dtype(inputs.dtype) in WITH_KERNELS and not _by_slices.get():
            return self._pooled(inputs, self.size)
        count, depth, height, width, channels = ops.shape(inputs)
        slices = self._pooled(ops.reshape(inputs, (-1, height, width, channels)), self.size[1:])
        _, rows, columns, _ = ops.shape(slices)
        columns_of_depth = ops.reshape(slices, (count, depth, rows * columns, channels))
        outputs = self._pooled(columns_of_depth, (self.size[0], 1))
        return ops.reshape(outputs, (count, -1, rows, columns, channels))

    def _pooled(self, inputs: Any, size: tuple[int, ...]) -> Any:
        return POOLINGS[self.kind](inputs, size, padding="same", data_format="channels_last")

    def compute_output_shape(self, input_shape: Any) -> Any:
        sides = zip(input_shape[1:-1], self.size, strict=True)
        pooled = [None if side is None else -(-side // size) for side, size in sides]
        return (input_shape[0], *pooled, input_shape[-1])


def pooling(kind: str, rank: int, size: tuple[int, ...], **kwargs: Any) -> keras.layers.Layer:
    """Return a layer for "Max" or "Average" pooling over windows of a size, for data of a rank."""
    if rank == 3:
        return VolumePooling(kind, size, **kwargs)
    return ranked_layer(f"{kind}Pooling{{}}D", rank, size, padding="same", **kwargs)
