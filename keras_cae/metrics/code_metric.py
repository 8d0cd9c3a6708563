"""The base class of metrics of codes."""

import abc
from typing import Any

import keras
from keras import ops

from keras_cae.compatibility import declare_direction
from keras_cae.validation import text


class CodeMetric(keras.metrics.Metric, abc.ABC):
    """A metric of codes instead of images and reconstructions. Larger values are better.

    The bottlenecks own, update and log these metrics. In `compile(metrics=...)`, where Keras would pass images to them,
    they raise a `TypeError`.
    """

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name=text(name, "name"), **kwargs)
        declare_direction(self, "max")

    def update_state(self, codes: Any, *images: Any, sample_weight: Any = None) -> None:
        """Add the codes of a batch.

        Args:
            codes: batch of codes.
            *images: must be empty. Keras passes targets and predictions if the metric is one of those of `compile`.
            sample_weight: one weight per image, of shape `(n,)`.

        Raises:
            TypeError: there is more than one positional argument.
        """
        if images:
            raise TypeError(
                f"{type(self).__name__} measures codes, but received targets and predictions. Remove it from the "
                "metrics of compile: models whose bottleneck has such codes log it automatically. To measure other "
                "codes, call update_state(codes) or update_state(codes, sample_weight=weights)."
            )
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, "float32")
        self.add_codes(codes, sample_weight)

    @abc.abstractmethod
    def add_codes(self, codes: Any, weights: Any) -> None:
        """Add the codes of a batch to the state.

        Args:
            codes: batch of codes.
            weights: float32 tensor of one weight per image, of shape `(n,)`, or None.
        """
