"""The base class of metrics of discrete codes, which counts how often each code is used."""

import abc
from typing import Any

import tensorflow as tf
from keras import ops

from keras_cae.metrics.code_metric import CodeMetric
from keras_cae.metrics.measured_mean import nan_unless
from keras_cae.validation import positive_int


class CodeCounts(CodeMetric):
    """Counts how often each code of a codebook has been used, over all batches since the last reset.

    A subclass implements `of_frequencies`.
    """

    def __init__(self, codebook_size: int, name: str, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.codebook_size = positive_int(codebook_size, "codebook_size")
        self.counts = self.add_variable((self.codebook_size,), "zeros", dtype="float32", name="counts")

    def add_codes(self, codes: Any, weights: Any) -> None:
        indices = ops.convert_to_tensor(codes, "int32")
        counts = ops.ones_like(indices, dtype="float32")
        if weights is not None:
            counts *= ops.reshape(weights, (-1, *[1] * (len(indices.shape) - 1)))
        indices, counts = ops.reshape(indices, (-1,)), ops.reshape(counts, (-1,))
        self.counts.assign_add(tf.math.unsorted_segment_sum(counts, indices, self.codebook_size))

    def result(self) -> Any:
        total = ops.sum(self.counts)
        return nan_unless(total > 0, self.of_frequencies(ops.divide_no_nan(self.counts, total)))

    @abc.abstractmethod
    def of_frequencies(self, frequencies: Any) -> Any:
        """Return the value of the metric.

        Args:
            frequencies: relative frequency of each code; their sum is 1.
        """

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "codebook_size": self.codebook_size}
