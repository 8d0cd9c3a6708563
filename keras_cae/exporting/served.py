"""The function that an exported file computes."""

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
    """A function of a batch, with the information needed to write it to a file and to verify the file.

    Attributes:
        description: name of the function in messages, such as "the encoder of BasicCAE".
        model: model whose variables it uses.
        function: function from a tensor to a dictionary of tensors.
        input_name: name of its input.
        shape: shape of the input, with None for variable axes.
        dtype: dtype of the input.
        image_shape: `(*spatial, channels)` of the images for `examples`.
        examples: function that returns a random batch of inputs for a number of images, a spatial size and a random
            generator.
        is_discontinuous: whether rounding errors can cause large differences, as in the choice of the nearest vector.
        derived: functions that compute outputs from all outputs, by the names of the derived outputs.
        tolerance: the largest difference that counts as rounding, as a fraction of the range of the outputs.
        smallest_range: the minimum of the range of the outputs, as a fraction of the range of the input.
        ranges: the ranges of outputs that a small batch does not show, by name.
    """

    description: str
    model: keras.Model
    function: Callable[[Any], dict[str, Any]]
    input_name: str
    shape: tuple[int | None, ...]
    dtype: str
    image_shape: tuple[int | None, ...]
    examples: Callable[[int, tuple[int, ...], np.random.Generator], np.ndarray]
    is_discontinuous: bool = False
    derived: dict[str, Callable[[Outputs], np.ndarray]] = field(default_factory=dict)
    tolerance: float = 2e-5
    smallest_range: float = 0.25
    ranges: dict[str, float] = field(default_factory=dict)

    @property
    def signature(self) -> tf.TensorSpec:
        """The input as a `tf.TensorSpec`."""
        return tf.TensorSpec(self.shape, self.dtype, name=self.input_name)

    @property
    def epsilon(self) -> float:
        """The machine epsilon of the coarsest precision in which the model computes."""
        return coarsest_epsilon(self.model)

    def here(self, batch: np.ndarray) -> Outputs:
        """Run the model itself on a batch, eagerly and on the CPU."""
        with tf.device("CPU:0"):
            outputs = self.function(tf.constant(batch))
        return {name: np.asarray(keras.ops.convert_to_numpy(value)) for name, value in outputs.items()}
