"""What the metrics of discrete codes have in common: how often each code was used."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.compatibility import declare_direction
from keras_cae.validation import positive_int


class CodeCounts(keras.metrics.Metric):
    """Counts how often each code of a codebook is used, over all batches since the last reset.

    A subclass's `result` makes a number of the counts.
    """

    def __init__(self, codebook_size: int, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.codebook_size = positive_int(codebook_size, "codebook_size")
        declare_direction(self, "max")
        self.counts = self.add_variable((self.codebook_size,), "zeros", dtype="float32", name="counts")

    def update_state(self, indices: Any, sample_weight: Any = None) -> None:
        """Add the codes of a batch.

        Args:
            indices: numbers of codes, of shape `(n, ...)`.
            sample_weight: one weight per image, of shape `(n,)`.
        """
        indices = ops.convert_to_tensor(indices, "int32")
        weights = ops.ones_like(indices, dtype="float32")
        if sample_weight is not None:
            per_image = ops.cast(sample_weight, "float32")
            weights *= ops.reshape(per_image, (-1, *[1] * (len(indices.shape) - 1)))
        indices, weights = ops.reshape(indices, (-1,)), ops.reshape(weights, (-1,))
        self.counts.assign_add(tf.math.unsorted_segment_sum(weights, indices, self.codebook_size))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "codebook_size": self.codebook_size}
