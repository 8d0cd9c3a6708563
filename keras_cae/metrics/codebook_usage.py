"""The share of a codebook that is used."""

from typing import Any

import keras
from keras import ops

from keras_cae.metrics.code_counts import CodeCounts


@keras.saving.register_keras_serializable(package="keras_cae")
class CodebookUsage(CodeCounts):
    """Codebook usage: the share of the codes of a codebook that are used at least once, from 0 to 1.

    It is counted over all batches since the last reset, so it does not depend on the batch size. It is NaN before the
    first update.

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

    >>> metric = keras_cae.metrics.CodebookUsage(codebook_size=8)
    >>> metric.update_state(np.array([[0, 0], [3, 7]]))
    >>> float(metric.result())
    0.375
    """

    def __init__(self, codebook_size: int, name: str = "codebook_usage", **kwargs: Any) -> None:
        super().__init__(codebook_size, name, **kwargs)

    def of_frequencies(self, frequencies: Any) -> Any:
        return ops.mean(ops.cast(frequencies > 0, "float32"))
