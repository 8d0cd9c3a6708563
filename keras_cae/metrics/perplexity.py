"""How evenly a codebook is used."""

from typing import Any

import keras
from keras import ops

from keras_cae.metrics.code_counts import CodeCounts


@keras.saving.register_keras_serializable(package="keras_cae")
class Perplexity(CodeCounts):
    """Perplexity of a codebook's use: of how many equally frequent codes its entropy would be.

        perplexity = exp(−Σ_k p_k log p_k),

    from 1, a single code, to the size of the codebook; `p_k` is how often code `k` is used, relative to all.
    Counted over all batches since the last reset: the mean of the batches' perplexities, which papers report,
    would be smaller, and the smaller the batches, the more so.

    Args:
        codebook_size: number of codes.
        name: name of the metric, by which logs and callbacks know it.
        **kwargs: of `keras.metrics.Metric`.

    Input shape: `(n, ...)`, the numbers of codes.

    Raises:
        ValueError: `codebook_size` is not a positive integer.

    Example:

    >>> metric = keras_cae.metrics.Perplexity(codebook_size=8)
    >>> metric.update_state(np.array([[0, 1], [2, 3]]))
    >>> round(float(metric.result()), 4)
    4.0
    """

    def __init__(self, codebook_size: int, name: str = "perplexity", **kwargs: Any) -> None:
        super().__init__(codebook_size, name, **kwargs)

    def result(self) -> Any:
        probabilities = self.counts / ops.maximum(ops.sum(self.counts), keras.config.epsilon())
        # p log p is 0 for p = 0.
        logarithms = ops.log(ops.where(probabilities > 0.0, probabilities, 1.0))
        return ops.exp(-ops.sum(probabilities * logarithms))
