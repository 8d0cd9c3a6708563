"""What an exported file computes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.precision import coarsest_epsilon

Outputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Served:
    """A function of one batch, and what is needed to write it into a file and to check that file.

    Attributes:
        description: what it is, for messages: "the encoder of BasicCAE".
        model: model whose variables it uses.
        function: function from a tensor to a dictionary of tensors.
        input_name: name of its input.
        shape: shape of the input; None for axes that may differ from batch to batch.
        dtype: type of the input.
        image_shape: `(*spatial, channels)` of the images that `examples` is asked for.
        examples: makes a batch for its input: from a number of images, a spatial size, and a random generator.
        jumps: whether a rounding error can become a large one, as where the nearest of several is chosen.
        derived: outputs that follow from other outputs, as functions of all of them.
        tolerance: the largest difference that is taken for rounding, as a share of the range of the outputs.
        smallest_range: what the range of the outputs is taken for at least, as a share of that of the input.
    """

    description: str
    model: keras.Model
    function: Callable[[Any], dict[str, Any]]
    input_name: str
    shape: tuple[int | None, ...]
    dtype: str
    image_shape: tuple[int | None, ...]
    examples: Callable[[int, tuple[int, ...], np.random.Generator], np.ndarray]
    jumps: bool = False
    derived: dict[str, Callable[[Outputs], np.ndarray]] = field(default_factory=dict)
    tolerance: float = 2e-5
    smallest_range: float = 0.25

    @property
    def signature(self) -> tf.TensorSpec:
        """The input, as TensorFlow describes it."""
        return tf.TensorSpec(self.shape, self.dtype, name=self.input_name)

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next larger number in the coarsest precision that is computed in."""
        return coarsest_epsilon(self.model)

    def here(self, batch: np.ndarray) -> Outputs:
        """Return what the model itself makes of a batch, on the CPU, operation by operation."""
        with tf.device("CPU:0"):
            outputs = self.function(tf.constant(batch))
        return {name: np.asarray(keras.ops.convert_to_numpy(value)) for name, value in outputs.items()}
