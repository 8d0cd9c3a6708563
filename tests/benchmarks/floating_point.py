"""The number of floating-point operations in training, and the peak rate of the machine."""

import math

import tensorflow as tf
from keras import layers

SIDE = 2048
PRODUCTS = 5
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)


def training_operations(model):
    """Return the number of floating-point operations to train a functional model on one image.

    A multiplication and an addition count as two. Only layers with a kernel count, including products with padding. The
    backward pass takes as many operations as the forward pass for the gradient of the weights, and as many again for
    that of the inputs, which the first layer does not need.
    """
    kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    return sum((4 if layer.input is model.input else 6) * multiply_adds(layer) for layer in kernels)


def multiply_adds(layer):
    """Return the number of products in a layer: the kernel size times the positions of the smaller feature maps."""
    positions = layer.input if isinstance(layer, TRANSPOSED) else layer.output
    return math.prod(positions.shape[1:-1]) * math.prod(layer.kernel.shape)


def make_matrix_product():
    """Return a function that multiplies large matrices, and the number of its floating-point operations."""
    matrix = tf.random.normal((SIDE, SIDE))

    def multiply():
        for _ in range(PRODUCTS):
            tf.matmul(matrix, matrix)

    return multiply, PRODUCTS * 2 * SIDE**3
