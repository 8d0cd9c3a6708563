"""The floating-point operations of TensorFlow's convolutions and matrix products."""

import math
from collections import ChainMap
from collections.abc import Callable
from typing import Any

import tensorflow as tf


def flops_of_operation(operation: tf.Operation) -> int:
    """Return the number of floating-point operations of an operation in a graph. Only products count.

    Raises:
        ValueError: it is a convolution or a matrix product of an unsupported type, or its shapes are unknown.
    """
    if operation.type in MULTIPLICATIONS:
        try:
            return 2 * MULTIPLICATIONS[operation.type](operation)
        except TypeError:  # a size is None
            pass
    elif not is_product(operation.type):
        return 0
    raise ValueError(
        f"max_flops can't count the operations of {operation.name!r} ({operation.type}) for inputs of the shapes "
        f"{[tensor.shape for tensor in operation.inputs]}. Omit max_flops, and limit the size by max_parameters."
    )


def is_product(kind: str) -> bool:
    """Return whether an operation is a convolution or a matrix product, judging by the name of its type."""
    return kind in MULTIPLICATIONS or "Conv" in kind or "MatMul" in kind


def _convolution(operation: tf.Operation) -> int:
    # Each output value is a sum over the kernel of one filter.
    kernel = operation.inputs[1].shape
    return math.prod(operation.outputs[0].shape) * math.prod(kernel[:-1])


def _transposed_convolution(operation: tf.Operation) -> int:
    # It has as many products as the convolution that it transposes.
    _, kernel, output = (tensor.shape for tensor in operation.inputs)
    return math.prod(output) * math.prod(kernel[:-1])


def _depthwise_convolution(operation: tf.Operation) -> int:
    # Each filter has one input channel.
    return math.prod(operation.outputs[0].shape) * math.prod(operation.inputs[1].shape[:2])


def _transposed_depthwise_convolution(operation: tf.Operation) -> int:
    _, kernel, output = (tensor.shape for tensor in operation.inputs)
    return math.prod(output) * math.prod(kernel[:2])


def _matrix_product(operation: tf.Operation) -> int:
    transposed = operation.get_attr("transpose_a")
    return math.prod(operation.outputs[0].shape) * operation.inputs[0].shape[0 if transposed else 1]


def _batch_matrix_product(operation: tf.Operation) -> int:
    transposed = operation.get_attr("adj_x")
    return math.prod(operation.outputs[0].shape) * operation.inputs[0].shape[-2 if transposed else -1]


def _einsum(operation: tf.Operation) -> int:
    """Count one product for every combination of the indices, and none for a sum over a single tensor."""
    if len(operation.inputs) == 1:
        return 0
    terms = operation.get_attr("equation").decode().partition("->")[0].split(",")
    sizes = [_sizes(term, tensor.shape) for term, tensor in zip(terms, operation.inputs, strict=True)]
    return math.prod(max(each.get(index, 1) for each in sizes) for index in ChainMap(*sizes))


def _sizes(term: str, shape: tf.TensorShape) -> dict[Any, int]:
    """Return the sizes of the indices of a term. Axes that an ellipsis replaces are numbered from the right."""
    before, _, after = term.replace(" ", "").partition("...")
    covered = len(shape) - len(before) - len(after)
    indices = [*before, *range(-covered, 0), *after]
    return dict(zip(indices, shape, strict=True))


MULTIPLICATIONS: dict[str, Callable[[tf.Operation], int]] = {
    "Conv": _convolution,
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "Conv2DBackpropInput": _transposed_convolution,
    "Conv2DBackpropInputV2": _transposed_convolution,
    "Conv3DBackpropInputV2": _transposed_convolution,
    "DepthwiseConv2dNative": _depthwise_convolution,
    "DepthwiseConv2dNativeBackpropInput": _transposed_depthwise_convolution,
    "MatMul": _matrix_product,
    "BatchMatMul": _batch_matrix_product,
    "BatchMatMulV2": _batch_matrix_product,
    "BatchMatMulV3": _batch_matrix_product,
    "Einsum": _einsum,
}
"""Functions that return the number of products of two numbers in an operation, by its type."""
