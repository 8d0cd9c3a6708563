"""How much of a codebook is used."""

from typing import Any

import keras
from keras import ops

from keras_cae.metrics.code_counts import CodeCounts


@keras.saving.register_keras_serializable(package="keras_cae")
class CodebookUsage(CodeCounts):
    """Part of a codebook's codes that are used at all, from 0 to 1.

    Counted over all batches since the last reset, so it does not depend on the batches' size.

    Args:
        codebook_size: number of codes.
        name: name of the metric, by which logs and callbacks know it.
        **kwargs: of `keras.metrics.Metric`.

    Input shape: `(n, ...)`, the numbers of codes.

    Raises:
        ValueError: `codebook_size` is not a positive integer.

    Example:

    >>> metric = keras_cae.metrics.CodebookUsage(codebook_size=8)
    >>> metric.update_state(np.array([[0, 0], [3, 7]]))
    >>> float(metric.result())
    0.375
    """

    def __init__(self, codebook_size: int, name: str = "codebook_usage", **kwargs: Any) -> None:
        super().__init__(codebook_size, name, **kwargs)

    def result(self) -> Any:
        return ops.mean(ops.cast(self.counts > 0.0, "float32"))
