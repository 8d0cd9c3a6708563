"""The bottleneck that rounds codes to a fixed grid instead of learning a codebook."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_cae.layers.quantizer import Quantizer
from keras_cae.validation import positive_ints

MARGIN = 1e-3
"""The distance of the bounds from the next integer, as a fraction of the range."""


def several_levels(levels: Any, name: str) -> tuple[int, ...]:
    """Validate numbers of levels: integers of at least 2."""
    levels = positive_ints(levels, name)
    if min(levels) < 2:
        raise ValueError(f"{name} must be integers of at least 2, because one level has no information, got {levels}.")
    return levels


@keras.saving.register_keras_serializable(package="keras_cae")
class FiniteScalarQuantizer(Quantizer):
    """Rounds each value of a code to one of a few levels, which form a fixed codebook.

    Value `i` is bounded and rounded to one of `levels[i]` integers (Mentzer et al. 2023, "Finite Scalar
    Quantization: VQ-VAE Made Simple"),

        round(h tanh(z + tan(o / h)) − o) / ⌊levels / 2⌋,    h = (levels − 1) (1 − 0.001) / 2,

    where `o` is 0 for an odd number of levels and 1/2 for an even one. The codes lie between −1 and 1, and the gradient
    of the rounding is that of the identity. There is no penalty, and the codebook can't collapse. The paper recommends
    five levels or more, for example (8, 6, 5) for 240 codes, (8, 5, 5, 5) for 1,000, (7, 5, 5, 5, 5) for 4,375.

    Logs: `perplexity` and `codebook_usage`, of the epoch.

    Args:
        levels: number of levels of each value of a code, two or more.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, ..., len(levels))`.

    Output shape: that of the input.

    Raises:
        ValueError: the levels are not integers of two or more, or the inputs have another size.

    Example:

    >>> quantizer = keras_cae.layers.FiniteScalarQuantizer(levels=(5, 4))
    >>> quantizer(np.array([[0.1, -9.0], [9.0, 9.0]])).numpy().tolist()
    [[0.0, -1.0], [1.0, 0.5]]
    >>> quantizer.codebook_size
    20
    """

    rules: ClassVar = {"levels": several_levels}

    def __init__(self, levels: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(levels=levels)
        self.codebook_size, self.code_dim = math.prod(self.levels), len(self.levels)
        self.make_metrics()
        counts = np.array(self.levels)
        self._offset = np.where(counts % 2 == 1, 0.0, 0.5).astype("float32")
        self._half_range = ((counts - 1) * (1.0 - MARGIN) / 2.0).astype("float32")
        self._half_width = counts // 2
        self._basis = np.cumprod((1, *self.levels[:-1]))

    @property
    def codebook(self) -> Any:
        """All vectors in the order of their indices, of shape `(codebook_size, code_dim)`."""
        return self.vectors(ops.arange(self.codebook_size, dtype="int32"))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        bounded = self._bounded(inputs)
        rounded = ops.round(bounded)
        self.report_use(self._indices_of(rounded), training)
        half_width = ops.cast(self._half_width, "float32")
        return self.replaced(bounded / half_width, rounded / half_width)

    def indices(self, inputs: Any) -> Any:
        return self._indices_of(ops.round(self._bounded(inputs)))

    def vectors(self, indices: Any) -> Any:
        indices = ops.expand_dims(ops.cast(indices, "int32"), -1)
        digits = indices // ops.cast(self._basis, "int32") % ops.cast(self.levels, "int32")
        half_width = ops.cast(self._half_width, "int32")
        return ops.cast(digits - half_width, "float32") / ops.cast(half_width, "float32")

    def _bounded(self, inputs: Any) -> Any:
        shift = np.tan(self._offset / self._half_range)
        return ops.tanh(ops.cast(inputs, "float32") + shift) * self._half_range - self._offset

    def _indices_of(self, rounded: Any) -> Any:
        """Return the indices of vectors. The digits of an index are the values of its vector, shifted to start at 0."""
        digits = ops.cast(rounded, "int32") + ops.cast(self._half_width, "int32")
        return ops.sum(digits * ops.cast(self._basis, "int32"), axis=-1)
