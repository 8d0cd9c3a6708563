"""The training and evaluation steps, from a batch to the gradient."""

import abc
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import ops

from keras_cae.images import compatible, known_shape, scale_images
from keras_cae.training.compiled_steps import CompiledSteps
from keras_cae.training.replicas import padded, replica_count, scale_loss_for_replica, without_padding
from keras_cae.training.step_context import StepContext, current_step
from keras_cae.training.weights import check_weights, ranked_weights, shape_of_loss, weights_for_loss


class Batch(NamedTuple):
    """This replica's part of a batch, as floats.

    `valid` is the number of images that are not padding, or None if there is no padding; `count` is the same number and
    never None. `pixel_weights` are the weights of the pixels if the corruption determines which pixels count.
    """

    images: Any
    target: Any
    sample_weight: Any
    count: Any
    valid: Any
    pixel_weights: Any = None


def with_pixel_weights(batch: Batch, weights: Any) -> Batch:
    """Return a batch with pixel weights for the loss, which are multiplied by the user's weights. They may be None."""
    if weights is None:
        return batch
    return batch._replace(pixel_weights=weights, sample_weight=_times(weights, batch.sample_weight))


class Trainer(CompiledSteps):
    """A `keras.Model` that `fit` trains to reconstruct images, with `y` as the target, or `x` if `y` is omitted.

    `Entries` receives the data, and `CompiledSteps` compiles the steps. Read from top to bottom, the methods here
    follow a batch to the gradient. The subclass, which is the model, defines how images are corrupted (`corrupted`) and
    reconstructed (`call`).
    """

    _reconstruction_mean: keras.metrics.Metric
    """The loss without penalties."""
    _reports_reconstruction = False
    """Whether the logs also contain the loss without penalties, as they do if there are any penalties."""

    # Methods that subclasses implement or override

    @abc.abstractmethod
    def corrupted(self, images: Any) -> tuple[Any, Any]:
        """Return the inputs that a step passes to the networks, and the weights of the pixels or None."""

    def _inputs_of(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        """Return the inputs of the networks, and the batch that their outputs are compared with."""
        inputs, weights = self.corrupted(batch.images)
        return inputs, with_pixel_weights(batch, weights)

    def _observe(self, images: Any, training: bool) -> None:
        """Add penalties that depend on the uncorrupted images, before the forward pass."""

    def _normalized(self, images: Any) -> Any:
        """Return images in the unit in which the loss compares them."""
        return images

    def _adds_losses(self) -> bool:
        """Return whether any code outside of the networks has called `add_loss` in this step."""
        return False

    def _discriminator_variables(self) -> list[Any]:
        """Return the variables of a discriminator, which the `discriminator_optimizer` updates."""
        return []

    def _supports_step_groups(self) -> bool:
        """Return whether the compiled function may take several steps, with the logs of the metrics after the last."""
        ours = all(
            getattr(getattr(self, name), "__func__", None) is getattr(Trainer, name)
            for name in ("train_step", "compute_metrics", "get_metrics_result")
        )
        return ours and self.steps_per_execution == 1 and not self.run_eagerly and not self._is_mirrored

    def _build_optimizers(self) -> None:
        """Create the optimizers' variables before the step is traced; otherwise it would have to be traced twice."""
        if not self.built or not self.compiled or self.optimizer is None:
            return
        with self.distribute_strategy.scope():
            for optimizer, variables in self._optimized():
                if optimizer is not None and not optimizer.built:
                    # At its end, `fit` assigns averages to all trainable weights, so each weight needs one.
                    averaged = optimizer is self.optimizer and optimizer.use_ema
                    optimizer.build(self.trainable_variables if averaged else variables)

    def _optimized(self) -> list[tuple[Any, list[Any]]]:
        """Return each optimizer with the variables that it updates."""
        discriminator = {id(variable) for variable in self._discriminator_variables()}
        variables = self.trainable_variables
        pairs = [(self.optimizer, [v for v in variables if id(v) not in discriminator])]
        if self.discriminator_optimizer is not None:
            pairs.append((self.discriminator_optimizer, [v for v in variables if id(v) in discriminator]))
        return pairs

    # The steps

    def train_step(self, data: Any) -> Any:
        """Run a training step on a batch, `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`, and return the logs."""
        return self._run_checked(self._train_on, data)

    def test_step(self, data: Any) -> Any:
        """Return the loss and the metrics of a batch, whose images are corrupted as in training."""
        return self._run_checked(self._evaluate_on, data)

    def predict_step(self, data: Any) -> Any:
        """Return the reconstructions of a batch, without corruption and without penalties."""
        self._gate.check_prediction_batch(data)
        (x, _, _), valid = padded(keras.utils.unpack_x_y_sample_weight(data))
        return without_padding(self._reconstruct(x), valid)

    def _reconstruct(self, images: Any) -> Any:
        """Return the reconstructions of a batch, as `predict` returns them."""
        return self(images, training=False)

    def _run_checked(self, step: Callable[[Any], Any], data: Any) -> Any:
        """Run a step if the batch is accepted. For mirrored models, `replicated` has already checked the batch."""
        return step(data) if self._is_mirrored else self._gate.run_checked(step, data)

    def _train_on(self, data: Any) -> Any:
        batch = self._batch(data)
        self._gate.record_first_batch(data)
        step = StepContext(batch.count, batch.valid)
        with tf.GradientTape(persistent=self.discriminator_optimizer is not None) as tape, step:
            y_pred, batch = self._forward(batch, training=True)
            losses = [self._loss(batch, y_pred, step, training=True)]
            if step.discriminator_losses:
                losses.append(scale_loss_for_replica(step.discriminator_loss, batch.valid))
            scaled = [
                optimizer.scale_loss(loss) for (optimizer, _), loss in zip(self._optimized(), losses, strict=True)
            ]
        self._apply(tape, scaled)
        return self._logs(batch, y_pred)

    def _evaluate_on(self, data: Any) -> Any:
        batch = self._batch(data)
        with StepContext(batch.count, batch.valid) as step:
            y_pred, batch = self._forward(batch, training=False)
            self._loss(batch, y_pred, step, training=False)
        return self._logs(batch, y_pred)

    def _batch(self, data: Any) -> Batch:
        (x, y, sample_weight), valid = padded(keras.utils.unpack_x_y_sample_weight(data))
        if not self.built:
            self.build(x.shape)
        images = self._gate.to_floats(x, self.variable_dtype)
        sample_weight = ranked_weights(check_weights(sample_weight, len(images.shape)), images)
        target = images if y is None else scale_images(ops.convert_to_tensor(y), self.variable_dtype)
        count = ops.shape(images)[0] if valid is None else valid
        return Batch(images, target, sample_weight, count, valid)

    def _forward(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        """Return the reconstructions of the corrupted images, and the batch with the corruption's pixel weights."""
        # This must precede the call of the model, which clears the losses that layers have added.
        self._observe(batch.images, training)
        inputs, batch = self._inputs_of(batch, training)
        batch = batch._replace(target=_with_kept_noise(batch.target))
        y_pred = self(inputs, training=training)
        if batch.pixel_weights is not None:
            self._check_loss_of_pixels(batch.target, y_pred)
        return y_pred, batch

    def _loss(self, batch: Batch, y_pred: Any, step: StepContext, training: bool) -> Any:
        """Return this replica's share of the loss, and update the metrics of the loss."""
        self._check_added_losses(step)
        images, target, y_pred = map(self._normalized, (batch.images, batch.target, y_pred))
        loss = self.compute_loss(images, target, y_pred, batch.sample_weight, training=training)
        # Must precede the metric updates, during which another replica's forward pass may clear `self.losses`.
        added = sum(ops.cast(part, loss.dtype) for part in [*step.penalties, *self.losses])
        loss += ops.cast(step.penalty, loss.dtype)
        tracker = next(metric for metric in self.metrics if metric.name == "loss")
        tracker.update_state(loss, sample_weight=batch.count)
        self._update_reconstruction_loss(loss - added, step, batch.count)
        return scale_loss_for_replica(loss, batch.valid)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean loss of this replica's images, including the losses that layers add with `add_loss`.

        Override this method and call `super().compute_loss(...)` to add terms of your own. They count once on any
        number of replicas. For a term with a metric and a weight, use a `keras_cae.layers.Penalty`.

        Args:
            x: the images, without corruption.
            y: the targets; by default the images.
            y_pred: the reconstructions.
            sample_weight: weights of the images or of their pixels.
            training: whether this is a training step.
        """
        target = self._target(x, y, y_pred)
        loss = super().compute_loss(
            x=x,
            y=target,
            y_pred=y_pred,
            sample_weight=weights_for_loss(self._loss_functions(), target, y_pred, sample_weight),
            training=training,
        )
        # Undo Keras's division by the number of replicas.
        return loss * ops.cast(replica_count(), loss.dtype)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the logs of the metrics. The target is `y`, or `x` if `y` is None."""
        return super().compute_metrics(x, self._target(x, y, y_pred), y_pred, sample_weight=sample_weight)

    def _target(self, x: Any, y: Any, y_pred: Any) -> Any:
        """Return the target as floats: `y`, or `x` if `y` is None."""
        name, images = ("x", x) if y is None or y is x else ("y", y)
        shape = known_shape(images.shape)
        if shape is None or not compatible(shape[1:], y_pred.shape[1:]):
            remedy = (
                "Pass target images of the reconstruction's shape as y."
                if name == "x"
                else "A target must be an image of the reconstruction's shape. If y contains class labels, remove "
                "them, with image_dataset_from_directory(..., labels=None) or "
                "dataset.map(lambda image, label: image)."
            )
            raise ValueError(
                f"The target {name} has the shape {shape}, the reconstruction {tuple(y_pred.shape)}. {remedy}"
            )
        return scale_images(images, self.variable_dtype)

    def _apply(self, tape: tf.GradientTape, losses: list[Any]) -> None:
        """Update the variables of each optimizer with the gradients of its loss."""
        pairs = self._optimized()
        if not any(variables for _, variables in pairs):
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        gradients = [tape.gradient(loss, variables) for (_, variables), loss in zip(pairs, losses, strict=True)]
        for (optimizer, variables), gradient in zip(pairs, gradients, strict=True):
            if variables:
                optimizer.apply_gradients(zip(gradient, variables, strict=True))

    def _logs(self, batch: Batch, y_pred: Any) -> Any:
        images, target, weights = batch.images, batch.target, batch.sample_weight
        if batch.pixel_weights is not None:
            # Metrics compare whole images, so pixels that were visible are copied from the target.
            counts = ops.expand_dims(batch.pixel_weights > 0, -1)
            y_pred = ops.where(counts, y_pred, ops.cast(target, y_pred.dtype))
        images, target, weights, y_pred = without_padding((images, target, weights, y_pred), batch.valid)
        return self.compute_metrics(images, target, y_pred, weights)

    # The reconstruction loss, and the checks of losses

    def _update_reconstruction_loss(self, loss: Any, step: StepContext, count: Any) -> None:
        if self._reports_reconstruction or self._adds_losses() or step.penalties:
            self._reports_reconstruction = True
            self._reconstruction_mean.update_state(loss, sample_weight=count)

    def _prepare_reconstruction_loss(self) -> None:
        """Create the metric of the loss without penalties in advance, because a step can't create variables."""
        # Bypass `__setattr__`, with which Keras would list the metric even if there are no penalties.
        self.__dict__["_reconstruction_mean"] = keras.metrics.Mean(name="reconstruction_loss")

    @property
    def metrics(self) -> list[Any]:
        """All metrics, including the reconstruction loss if it is reported."""
        metrics = super().metrics
        known = not self._reports_reconstruction or any(metric is self._reconstruction_mean for metric in metrics)
        return metrics if known else [*metrics, self._reconstruction_mean]

    def _added_losses(self) -> bool:
        """Return whether layers have called `add_loss` in this step. Weight regularizers do not count."""
        regularized = [v for v in self.trainable_variables if getattr(v, "regularizer", None) is not None]
        return len(self.losses) > len(regularized)

    def _check_added_losses(self, step: StepContext) -> None:
        if step.synchronized and self._added_losses():
            raise ValueError(
                "On several replicas, a network can't combine layers that exchange values between replicas, such as "
                "synchronized batch normalization, with layers that call add_loss, such as activity regularizers, "
                "because Keras mixes up the losses of the replicas. Replace add_loss with keras_cae.layers.Penalty, "
                "or remove one of the two."
            )

    def _check_loss_of_pixels(self, target: Any, y_pred: Any) -> None:
        loss = self._loss_functions()
        shape = shape_of_loss(loss, target, y_pred)
        if shape is not None and len(shape) != len(y_pred.shape) - 1:
            raise ValueError(
                f"{type(self).__name__} needs a loss with one value per pixel, of shape (n, *spatial), because only "
                f"hidden pixels count, but {loss!r} returns the shape {shape}. Use 'mse', 'mae' or "
                "'binary_crossentropy'."
            )

    def _loss_functions(self) -> Any:
        """Return the loss that was passed to `compile`, or None."""
        loss = getattr(self, "loss", None)
        return None if getattr(loss, "__self__", None) is self else loss


def _with_kept_noise(target: Any) -> Any:
    """Return the target plus the noise that the corruption of this step adds to it."""
    step = current_step()
    for noise in [] if step is None else step.kept_noise:
        if not compatible(noise.shape, target.shape):
            raise ValueError(
                f"The corruption adds noise of shape {tuple(noise.shape)} to the target, which has the shape "
                f"{tuple(target.shape)}. Set keep_noise=False, or train with targets of the input's shape."
            )
        target = target + ops.cast(noise, target.dtype)
    return target


def _times(pixel_weights: Any, sample_weight: Any) -> Any:
    """Return pixel weights multiplied by the image or pixel weights that the user passed."""
    if sample_weight is None:
        return pixel_weights
    given = ops.cast(sample_weight, pixel_weights.dtype)
    if len(given.shape) == len(pixel_weights.shape) + 1:
        given = ops.squeeze(given, -1)
    return pixel_weights * ops.reshape(
        given, (-1, *given.shape[1:], *[1] * (len(pixel_weights.shape) - len(given.shape)))
    )
