"""A mean that is NaN before the first update."""

from typing import Any

import keras
from keras import ops

from keras_cae.validation import text


@keras.saving.register_keras_serializable(package="keras_cae")
class MeasuredMean(keras.metrics.Mean):
    """The weighted mean of all values since the last reset; NaN if there are no values.

    In that case, `keras.metrics.Mean` returns 0, which looks like a measurement, for example of a perfect loss.

    Args:
        name: name of the metric, under which it is logged.
        **kwargs: arguments of `keras.metrics.Mean`.

    Example:

    >>> metric = MeasuredMean("kl_loss")
    >>> float(metric.result())
    nan
    >>> metric.update_state([1.0, 3.0])
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name: str = "mean", **kwargs: Any) -> None:
        super().__init__(name=text(name, "name"), **kwargs)

    def result(self) -> Any:
        return nan_unless(ops.not_equal(self.count, 0), super().result())


def nan_unless(measured: Any, value: Any) -> Any:
    """Return the value of a metric, or NaN if nothing has been measured."""
    return ops.where(measured, value, float("nan"))
