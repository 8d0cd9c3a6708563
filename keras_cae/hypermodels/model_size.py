"""The size of a model, computed without allocating its weights."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_cae.hypermodels.operation_flops import flops_of_operation, is_product


class ModelSize(NamedTuple):
    """The number of parameters of a model and of its floating-point operations per image.

    Operations are those of the convolutions and matrix products of the forward pass, where a multiplication and an
    addition count as two.
    """

    parameters: int
    flops: int


def model_size(make: Callable[[], keras.Model], image_shape: tuple[int, ...]) -> ModelSize:
    """Return the size of a model for images of a shape. No memory is allocated for its weights.

    Args:
        make: function that returns the unbuilt model.
        image_shape: `(*spatial, channels)`.

    Raises:
        ValueError: the operations of a convolution or a matrix product in the model can't be counted.
    """
    # Run in a separate thread, so that Keras forgets the uninitialized variables when the thread ends.
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(_size, make, image_shape).result()


def _size(make: Callable[[], keras.Model], image_shape: tuple[int, ...]) -> ModelSize:
    # Variables are not initialized, because only the shapes are needed.
    with keras.StatelessScope(initialize_variables=False):
        model = make()
        model.build((None, *image_shape))

        @tf.function(autograph=False)
        def forward(images: tf.Tensor) -> Any:
            with _inlined_functions():
                return model(images, training=False)

        graph = forward.get_concrete_function(tf.TensorSpec((1, *image_shape), model.variable_dtype)).graph
        _check_functions(graph)
        return ModelSize(model.count_params(), sum(map(flops_of_operation, graph.get_operations())))


@contextmanager
def _inlined_functions() -> Iterator[None]:
    """Trace each `tf.function` into the graph of its caller."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _check_functions(graph: tf.Graph) -> None:
    """Raise a `ValueError` if there are products in loops or branches, because it is unknown how often they run."""
    for function in graph.as_graph_def().library.function:
        for node in function.node_def:
            if is_product(node.op):
                raise ValueError(
                    f"max_flops can't count the operations of {node.name!r} ({node.op}), because it is in a loop, a "
                    "branch or a loaded function. Omit max_flops, and limit the size by max_parameters."
                )
