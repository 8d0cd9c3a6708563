"""How much arithmetic training takes, and how much the machine can do."""

import math

import tensorflow as tf
from keras import layers

SIDE = 2048
PRODUCTS = 5
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)


def training_operations(model):
    """The floating-point operations that a functional model's training takes for one image.

    A multiplication and its addition are two. Only layers with a kernel count; where it reaches beyond the
    image, the zeros count too. The backward pass takes as much as the forward pass for the gradient of the
    weights, and as much again for that of the inputs, which the first layer does without.
    """
    kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    return sum((4 if layer.input is model.input else 6) * multiply_adds(layer) for layer in kernels)


def multiply_adds(layer):
    """The products of a layer, whose whole kernel is multiplied at every position of its smaller maps."""
    positions = layer.input if isinstance(layer, TRANSPOSED) else layer.output
    return math.prod(positions.shape[1:-1]) * math.prod(layer.kernel.shape)


def make_matrix_product():
    """A function that multiplies large matrices, and the number of its floating-point operations."""
    matrix = tf.random.normal((SIDE, SIDE))

    def multiply():
        for _ in range(PRODUCTS):
            tf.matmul(matrix, matrix)

    return multiply, PRODUCTS * 2 * SIDE**3
