"""How large a model would be, found out without making it."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import keras
import tensorflow as tf


class ModelSize(NamedTuple):
    """The number of parameters, and of floating-point operations that an image takes.

    Operations are those of the convolutions and dense layers of the forward pass; a multiplication and its
    addition are two.
    """

    parameters: int
    flops: int


def model_size(make: Callable[[], keras.Model], image_shape: tuple[int, int, int]) -> ModelSize:
    """The size of a model for images of a shape. No memory is taken for its weights.

    Args:
        make: makes the model, not built.
        image_shape: `(height, width, channels)`.
    """
    # In a thread of its own, with which Keras forgets the variables that never got a value.
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(_size, make, image_shape).result()


def _size(make: Callable[[], keras.Model], image_shape: tuple[int, int, int]) -> ModelSize:
    # Variables without values: layers are built for their shapes only.
    with keras.StatelessScope(initialize_variables=False):
        model = make()
        model.build((None, *image_shape))
        image = tf.TensorSpec((1, *image_shape), model.variable_dtype)
        traced = tf.function(lambda images: model(images, training=False), autograph=False)
        operations = traced.get_concrete_function(image).graph.get_operations()
        return ModelSize(model.count_params(), sum(map(_flops, operations)))


def _flops(operation: Any) -> int:
    if operation.type not in KERNEL_POSITIONS:
        return 0
    positions = KERNEL_POSITIONS[operation.type](operation)
    return 2 * math.prod(positions) * math.prod(operation.inputs[1].shape)


# operation: the positions at which its whole kernel is multiplied
KERNEL_POSITIONS: dict[str, Callable[[Any], Any]] = {
    "Conv2D": lambda operation: operation.outputs[0].shape[1:3],
    "Conv2DBackpropInput": lambda operation: operation.inputs[2].shape[1:3],
    "DepthwiseConv2dNative": lambda operation: operation.outputs[0].shape[1:3],
    "MatMul": lambda operation: operation.inputs[0].shape[:-1],
}
