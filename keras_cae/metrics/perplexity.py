"""The perplexity of a codebook."""

from typing import Any

import keras
from keras import ops

from keras_cae.metrics.code_counts import CodeCounts


@keras.saving.register_keras_serializable(package="keras_cae")
class Perplexity(CodeCounts):
    """Perplexity: how evenly a codebook is used, as the number of equally frequent codes of the same entropy.

        perplexity = exp(−Σ_k p_k log p_k)

    where `p_k` is the relative frequency of code `k`; from 1, if a single code is used, to the size of the codebook. It
    is counted over all batches since the last reset. The mean of the perplexities of batches, which papers report, is
    smaller, and the more so the smaller the batches. It is NaN before the first update.

    `VectorQuantizer` and `FiniteScalarQuantizer` own one and log it. It measures codes, so it can't be one of the
    metrics of `compile`.

    Args:
        codebook_size: number of codes in the codebook.
        name: name of the metric, under which it is logged.
        **kwargs: arguments of `keras.metrics.Metric`.

    Input shape: `(n, ...)`, the indices of codes.

    Raises:
        ValueError: `codebook_size` is not a positive integer.
        TypeError: an update gets targets and predictions instead of codes.

    Example:

    >>> metric = keras_cae.metrics.Perplexity(codebook_size=8)
    >>> metric.update_state(np.array([[0, 1], [2, 3]]))
    >>> round(float(metric.result()), 4)
    4.0
    """

    def __init__(self, codebook_size: int, name: str = "perplexity", **kwargs: Any) -> None:
        super().__init__(codebook_size, name, **kwargs)

    def of_frequencies(self, frequencies: Any) -> Any:
        # The limit of p log p is 0 for p = 0.
        logarithms = ops.log(ops.where(frequencies > 0, frequencies, 1.0))
        return ops.exp(-ops.sum(frequencies * logarithms))
