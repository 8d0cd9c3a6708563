"""What metrics of codes have in common."""

import abc
from typing import Any

import keras
from keras import ops

from keras_cae.compatibility import declare_direction
from keras_cae.validation import text


class CodeMetric(keras.metrics.Metric, abc.ABC):
    """A metric of codes, not of images and their reconstructions; larger values are better.

    The bottlenecks own these metrics, update them and log them. In `compile(metrics=...)`, where Keras would pass
    images to them, they raise a `TypeError`.
    """

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name=text(name, "name"), **kwargs)
        declare_direction(self, "max")

    def update_state(self, codes: Any, *images: Any, sample_weight: Any = None) -> None:
        """Add the codes of a batch.

        Args:
            codes: batch of codes.
            *images: nothing; for Keras, which passes targets and predictions to the metrics of `compile`.
            sample_weight: one weight per image, of shape `(n,)`.

        Raises:
            TypeError: there is more than one batch.
        """
        if images:
            raise TypeError(
                f"{type(self).__name__} measures codes, but was given targets and predictions: it cannot be "
                "one of the metrics of compile. Remove it from there: models whose bottleneck has such codes "
                "log it by themselves. To measure codes of your own, call update_state(codes) or "
                "update_state(codes, sample_weight=weights)."
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
