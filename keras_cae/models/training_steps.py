"""The steps of training, evaluation and prediction, for any way to reconstruct images."""

import warnings
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import ops

from keras_cae.images import compatible, known_shape, scale_images
from keras_cae.models.image_trainer import ImageTrainer
from keras_cae.replicas import (
    met,
    only_real,
    penalties,
    replica_count,
    share_of_batch,
    taking_step,
    without_empty,
)
from keras_cae.sample_weights import per_image_weights


class Batch(NamedTuple):
    """What a step works on: this replica's part of a batch, of which the first `real` images are real.

    Of `hidden` pixels the network sees nothing; None if it sees all.
    """

    images: Any
    y: Any
    sample_weight: Any
    real: Any
    hidden: Any = None


class Objective(NamedTuple):
    """A loss, and the optimizer that changes variables to make it smaller."""

    loss: Any
    optimizer: Any
    variables: list[Any]


class TrainingSteps(ImageTrainer):
    """An image trainer whose steps compare reconstructions with their targets.

    A subclass says how images are checked and reconstructed.
    """

    reconstruction_loss: keras.metrics.Metric | None = None
    """Reports the loss without what the layers add, beside the penalty that the bottleneck reports."""

    def check_images(self, inputs: Any) -> Any:
        """Return the images of a batch as floats; refuse a batch of another shape."""
        raise NotImplementedError

    def _ensure_built(self, images: Any) -> None:
        raise NotImplementedError

    def _reconstructed(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        """What the model makes of corrupted images, and the batch as the loss and the metrics take it."""
        raise NotImplementedError

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss of the reconstructions, and what the layers add. The target is `y`, or else `x`."""
        loss = super().compute_loss(
            x=x,
            y=self.target(x, y, y_pred),
            y_pred=y_pred,
            sample_weight=per_image_weights(sample_weight),
            training=training,
        )
        return loss + penalties() / replica_count()

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The logs of the metrics. The target is `y`, or else `x`."""
        return super().compute_metrics(
            x, self.target(x, y, y_pred), y_pred, sample_weight=per_image_weights(sample_weight)
        )

    def target(self, x: Any, y: Any, y_pred: Any) -> Any:
        """The images that `y_pred` is compared with: `y`, or else `x`, as floats."""
        name, images = ("x", x) if y is None else ("y", y)
        shape = known_shape(images.shape)
        if shape is None or not compatible(shape[1:], y_pred.shape[1:]):
            remedy = (
                "Pass the images to make of x as y."
                if y is None
                else "A target is an image of the reconstruction's shape. Class labels are none: leave "
                "them out, with image_dataset_from_directory(..., labels=None) or "
                "dataset.map(lambda image, label: image)."
            )
            raise ValueError(
                f"The target {name} has the shape {shape}, the reconstruction {tuple(y_pred.shape)}. {remedy}"
            )
        return scale_images(images, self.variable_dtype)

    def train_step(self, data: Any) -> Any:
        """One step of gradient descent on a batch: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""
        batch = self._batch(data)
        with tf.GradientTape(persistent=len(self.optimizers()) > 1) as tape, taking_step(batch.real):
            y_pred, batch = self._reconstructed(batch, training=True)
            objectives = self.objectives(batch, y_pred)
            scaled_losses = [objective.optimizer.scale_loss(objective.loss) for objective in objectives]
        if not any(objective.variables for objective in objectives):
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        for (_, optimizer, variables), scaled_loss in zip(objectives, scaled_losses, strict=True):
            if variables:
                optimizer.apply_gradients(zip(tape.gradient(scaled_loss, variables), variables, strict=True))
        return self._logs(batch, y_pred)

    def objectives(self, batch: Batch, y_pred: Any) -> list[Objective]:
        """What a step of training minimizes, for each of the `optimizers`.

        Args:
            batch: the images of the step.
            y_pred: their reconstructions.
        """
        loss = self._checked_loss(batch, y_pred, training=True)
        return [Objective(loss, self.optimizer, self.trainable_variables)]

    def test_step(self, data: Any) -> Any:
        """The loss and the metrics of a batch, corrupted as in training."""
        batch = self._batch(data)
        with taking_step(batch.real):
            y_pred, batch = self._reconstructed(batch, training=False)
            self._checked_loss(batch, y_pred, training=False)
        return self._logs(batch, y_pred)

    def predict_step(self, data: Any) -> Any:
        """The reconstructions of a batch, without corruption."""
        batch = self._batch(data)
        return only_real(self(batch.images, training=False), batch.real)

    def _batch(self, data: Any) -> Batch:
        (x, y, sample_weight), real = without_empty(keras.utils.unpack_x_y_sample_weight(data))
        self._ensure_built(x)
        return Batch(self.check_images(x), y, sample_weight, real)

    def _checked_loss(self, batch: Batch, y_pred: Any, training: bool) -> Any:
        """The loss, tracked as the batch-weighted mean, and 0 for targets that can't be reached."""
        images, y, sample_weight, real = batch[:4]
        self._check_added_losses()
        loss = self.compute_loss(images, y, y_pred, sample_weight, training=training)
        tracker = next(metric for metric in self.metrics if metric.name == "loss")
        # `compute_loss` has divided by the number of replicas, whose losses will be added.
        mean = loss * ops.cast(replica_count(), loss.dtype)
        count = ops.shape(images)[0] if real is None else real
        tracker.update_state(mean, sample_weight=count)
        if self.reconstruction_loss is not None:
            self.reconstruction_loss.update_state(mean - sum(self.losses) - penalties(), sample_weight=count)
        return self.guarded(loss, batch, y_pred)

    def guarded(self, loss: Any, batch: Batch, y_pred: Any) -> Any:
        """This replica's share of a loss, which is 0 for targets that can't be reached.

        Args:
            loss: of this replica's images, divided by the number of replicas.
            batch: the images of a step.
            y_pred: their reconstructions.
        """
        target = self.target(batch.images, batch.y, y_pred)
        return self.target_range.guard(share_of_batch(loss, batch.real), target)

    def _check_added_losses(self) -> None:
        if not met():
            return
        regularized = [v for v in self.trainable_variables if getattr(v, "regularizer", None) is not None]
        if len(self.losses) > len(regularized):
            raise ValueError(
                "On several replicas a network can't have both layers that work on all of their images, "
                "such as synchronized batch normalization, and layers that call add_loss, such as activity "
                "regularizers: Keras mixes the replicas' losses up. Do without one of them."
            )

    def _logs(self, batch: Batch, y_pred: Any) -> Any:
        images, y, sample_weight, y_pred = only_real((*batch[:3], y_pred), batch.real)
        return self.reducible(self.compute_metrics(images, y, y_pred, sample_weight))
