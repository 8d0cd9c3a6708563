"""The base class of bottlenecks with discrete codes."""

import abc
from typing import Any

from keras import ops

from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.metrics.codebook_usage import CodebookUsage
from keras_cae.metrics.perplexity import Perplexity


class Quantizer(Bottleneck, abc.ABC):
    """Replaces each vector of the encoder's output with a vector of a codebook, whose index is the code.

    A subclass has a `codebook` of vectors, and implements `indices`, `vectors` and `call`.
    """

    codebook_size: int
    code_dim: int

    def make_metrics(self) -> None:
        """Create the metrics of codebook usage. The constructor of a subclass calls it."""
        self.perplexity = Perplexity(self.codebook_size)
        self.codebook_usage = CodebookUsage(self.codebook_size)

    def encode(self, features: Any) -> Any:
        return self.indices(features)

    def decode(self, codes: Any) -> Any:
        return ops.cast(self.vectors(codes), self.compute_dtype)

    def code_shape(self, shape: Any) -> Any:
        return tuple(shape[:-1])

    @abc.abstractmethod
    def indices(self, inputs: Any) -> Any:
        """Return the indices of the vectors that replace `inputs`: int32, of their shape without the last axis."""

    @abc.abstractmethod
    def vectors(self, indices: Any) -> Any:
        """Return the vectors with these indices, of shape `(*indices.shape, code_dim)`."""

    def build(self, input_shape: Any) -> None:
        if len(input_shape) < 2 or input_shape[-1] != self.code_dim:
            raise ValueError(
                f"The last axis of the inputs of {type(self).__name__} must have the size code_dim={self.code_dim}, "
                f"got inputs of shape {tuple(input_shape)}. End the encoder with a layer of {self.code_dim} units or "
                f"filters, such as keras.layers.Dense({self.code_dim})."
            )

    def report_use(self, indices: Any, training: bool | None) -> None:
        """Update the metrics of codebook usage."""
        self.report(self.perplexity, indices, training)
        self.report(self.codebook_usage, indices, training)

    def replaced(self, values: Any, replacements: Any) -> Any:
        """Return `replacements` with the gradient of `values`, which is the straight-through estimator."""
        codes = ops.stop_gradient(replacements) + (values - ops.stop_gradient(values))
        return ops.cast(codes, self.compute_dtype)
