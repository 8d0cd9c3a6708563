"""The base of the layers that stand between the encoder and the decoder."""

from typing import Any

import keras
from keras import ops

from keras_cae.replicas import in_step, penalize, real_in_step


class Bottleneck(keras.layers.Layer):
    """A layer that makes codes of the encoder's output, with a penalty of its own.

    A subclass's `call` adds the penalty with `add_loss`, in float32, and reports what it measures, which
    then stands in the logs beside the loss. Without `training` the codes are deterministic.
    """

    def observe(self, encoder: keras.Model, images: Any, training: bool) -> None:
        """Add penalties on the encoder itself, in steps of `fit` and `evaluate`; by default none.

        Args:
            encoder: the network before this layer.
            images: the batch, without corruption.
            training: whether the step is one of training.
        """

    def add_loss(self, loss: Any) -> None:
        """Add a penalty, in float32, to the loss of this batch."""
        if in_step():
            penalize(loss)
        else:
            super().add_loss(loss)

    def report(self, metric: keras.metrics.Metric, values: Any) -> None:
        """Update a metric of the layer with one value per image, within the steps of `fit` and `evaluate`.

        Args:
            metric: the metric.
            values: of shape `(n, ...)`.
        """
        if in_step():
            metric.update_state(real_in_step(values))

    def report_batch(self, metric: keras.metrics.Metric, value: Any, codes: Any) -> None:
        """Update a metric of the layer with one value for the whole batch, weighted by its size.

        Args:
            metric: the metric.
            value: a scalar.
            codes: what the batch is made of, of shape `(n, ...)`.
        """
        if in_step():
            metric.update_state(value, sample_weight=ops.shape(real_in_step(codes))[0])
