"""The floating-point operations of TensorFlow's convolutions and matrix products."""

import math
from collections import ChainMap
from collections.abc import Callable
from typing import Any

import tensorflow as tf


def flops_of_operation(operation: tf.Operation) -> int:
    """Return how many floating-point operations a graph's operation takes; only products count.

    Raises:
        ValueError: it is a convolution or a matrix product that is not known here, or of unknown shape.
    """
    if operation.type in MULTIPLICATIONS:
        try:
            return 2 * MULTIPLICATIONS[operation.type](operation)
        except TypeError:  # A size is None.
            pass
    elif not is_product(operation.type):
        return 0
    raise ValueError(
        f"max_flops can't count the operations of {operation.name!r} ({operation.type}) for inputs of the "
        f"shapes {[tensor.shape for tensor in operation.inputs]}. Leave max_flops out, and limit the size by "
        "max_parameters."
    )


def is_product(kind: str) -> bool:
    """Return whether operations of a type are convolutions or matrix products, by the type's name."""
    return kind in MULTIPLICATIONS or "Conv" in kind or "MatMul" in kind


def _convolution(operation: tf.Operation) -> int:
    # Every number of the output is a sum over a kernel of one filter.
    kernel = operation.inputs[1].shape
    return math.prod(operation.outputs[0].shape) * math.prod(kernel[:-1])


def _transposed_convolution(operation: tf.Operation) -> int:
    # The convolution whose output it takes: as many products.
    _, kernel, output = (tensor.shape for tensor in operation.inputs)
    return math.prod(output) * math.prod(kernel[:-1])


def _depthwise_convolution(operation: tf.Operation) -> int:
    # A filter sees one channel.
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
    """Return a product for every combination of the indices; the sum over one tensor has none."""
    if len(operation.inputs) == 1:
        return 0
    terms = operation.get_attr("equation").decode().partition("->")[0].split(",")
    sizes = [_sizes(term, tensor.shape) for term, tensor in zip(terms, operation.inputs, strict=True)]
    return math.prod(max(each.get(index, 1) for each in sizes) for index in ChainMap(*sizes))


def _sizes(term: str, shape: tf.TensorShape) -> dict[Any, int]:
    """Return the sizes of the indices of a term. Those that an ellipsis stands for are numbered from the right."""
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
"""Type of operation: how many products of two numbers it sums up."""
