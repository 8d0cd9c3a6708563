"""How large a model would be, found out without making it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_cae.hypermodels.operation_flops import flops_of_operation, is_product


class ModelSize(NamedTuple):
    """The number of parameters of a model, and of floating-point operations per image.

    Operations are those of the convolutions and matrix products of the forward pass; a multiplication and its
    addition are two.
    """

    parameters: int
    flops: int


def model_size(make: Callable[[], keras.Model], image_shape: tuple[int, ...]) -> ModelSize:
    """Return the size of a model for images of a shape. No memory is taken for its weights.

    Args:
        make: makes the model, not built.
        image_shape: `(*spatial, channels)`.

    Raises:
        ValueError: the model has a convolution or a matrix product whose operations can't be counted.
    """
    # In a thread of its own, with which Keras forgets the variables that never got a value.
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(_size, make, image_shape).result()


def _size(make: Callable[[], keras.Model], image_shape: tuple[int, ...]) -> ModelSize:
    # Variables without values: layers are built for their shapes only.
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
    """Have the operations of every `tf.function` that is called stand in the graph of its caller."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _check_functions(graph: tf.Graph) -> None:
    """Raise a `ValueError` if there are products in a loop or a branch, which run nobody knows how often."""
    for function in graph.as_graph_def().library.function:
        for node in function.node_def:
            if is_product(node.op):
                raise ValueError(
                    f"max_flops can't count the operations of {node.name!r} ({node.op}): it is in a loop, a "
                    "branch or a loaded function. Leave max_flops out, and limit the size by max_parameters."
                )
