"""From a batch to the gradient: the steps of training and evaluation."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.images import compatible, known_shape, scale_images
from keras_cae.training.entries import Entries
from keras_cae.training.random_state import use_independent_seeds
from keras_cae.training.replicas import padded, replica_count, share_of_batch, without_padding
from keras_cae.training.step_context import StepContext, current_step
from keras_cae.training.step_function import replicated
from keras_cae.training.step_groups import grouped
from keras_cae.training.weights import check_weights, ranked_weights, shape_of_loss, weights_for_loss

MIRRORING = (tf.distribute.MirroredStrategy, tf.distribute.MultiWorkerMirroredStrategy)


class Batch(NamedTuple):
    """What a step works on: this replica's part of a batch, as floats.

    `valid` is how many of the images are no padding (None: all), `count` the same as a number. Where the
    corruption says which pixels count, `pixel_weights` has their weights.
    """

    images: Any
    target: Any
    sample_weight: Any
    count: Any
    valid: Any
    pixel_weights: Any = None


def with_pixel_weights(batch: Batch, weights: Any) -> Batch:
    """Return a batch whose pixels have weights in the loss, which multiply those that the user gave, or None."""
    if weights is None:
        return batch
    return batch._replace(pixel_weights=weights, sample_weight=_times(weights, batch.sample_weight))


class Trainer(Entries):
    """A `keras.Model` that `fit` trains to reconstruct images, with `y` as the target, or `x` if there is no `y`.

    `Entries` takes the data; read from top to bottom, the methods here follow a batch to the gradient. A subclass is
    the model: it determines how images are corrupted (`corrupted`) and reconstructed (`call`).
    """

    train_function: Any
    test_function: Any
    predict_function: Any
    _reconstruction_mean: keras.metrics.Metric
    """The loss without penalties."""
    _reports_reconstruction = False
    """Whether the logs have the loss without penalties too, as they do in models that have any."""

    # For subclasses

    def corrupted(self, images: Any) -> tuple[Any, Any]:
        """Return the inputs that a step gives to the networks, and the weights of the pixels or None."""
        raise NotImplementedError

    def _inputs_of(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        """Return the inputs of the networks, and the batch that their outputs are compared with."""
        inputs, weights = self.corrupted(batch.images)
        return inputs, with_pixel_weights(batch, weights)

    def _observe(self, images: Any, training: bool) -> None:
        """Add penalties that need the images themselves, before the forward pass."""

    def _normalized(self, images: Any) -> Any:
        """Return images as the loss compares them."""
        return images

    def _adds_losses(self) -> bool:
        """Return whether something outside of the networks has called `add_loss` in this step."""
        return False

    def _discriminator_variables(self) -> list[Any]:
        """Return the variables of a discriminator, which the `discriminator_optimizer` changes."""
        return []

    # The functions that run a step

    def make_train_function(self, force: bool = False) -> None:
        """Compile the training step; its function raises an error for a batch that is refused."""
        made = self.train_function is None or force
        self._build_optimizers()
        if self._is_mirrored and made:
            self.train_function = replicated(self, self.train_step)
        else:
            super().make_train_function(force)
        if not made:
            return
        groups = self._supports_step_groups()
        if groups:
            self.train_function = grouped(self, self.train_function)
        self.train_function = self._progressing(self._checking(self.train_function), groups)

    def make_test_function(self, force: bool = False) -> None:
        """Compile the evaluation step; its function raises an error for a batch that is refused."""
        made = self.test_function is None or force
        if self._is_mirrored and made:
            self.test_function = replicated(self, self.test_step)
        else:
            super().make_test_function(force)
        if made:
            self.test_function = self._checking(self.test_function)

    def make_predict_function(self, force: bool = False) -> None:
        """Compile the prediction; its function raises an error for a batch that is refused."""
        made = self.predict_function is None or force
        super().make_predict_function(force)
        if made:
            self.predict_function = self._checking(self.predict_function)

    @property
    def _is_mirrored(self) -> bool:
        """Whether optimizers and metrics meet those of other replicas, be it one replica alone: not in a `tf.cond`."""
        return self.distribute_strategy.num_replicas_in_sync > 1 or isinstance(self.distribute_strategy, MIRRORING)

    def _supports_step_groups(self) -> bool:
        """Return whether the compiled function may take several steps, with the logs of the metrics after the last."""
        ours = all(
            getattr(getattr(self, name), "__func__", None) is getattr(Trainer, name)
            for name in ("train_step", "compute_metrics", "get_metrics_result")
        )
        return ours and self.steps_per_execution == 1 and not self.run_eagerly and not self._is_mirrored

    def _checking(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if self._is_mirrored:
            use_independent_seeds(self)

        def checked(data: Any, *count: int) -> Any:
            outputs = function(data, *count)
            self._gate.raise_refusal()
            self._gate.settle()
            return outputs

        return checked

    def _progressing(self, function: Callable[..., Any], groups: bool) -> Callable[[Any], Any]:
        """Return a function that `fit` calls for each batch, which skips the batches that a backup has seen."""

        def progressing(data: Any) -> Any:
            return function(data) if self._progress is None else self._progress.take(function, data, groups)

        return progressing

    # The place in the training, in files of weights

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        if self._progress is not None:
            for name, value in self._progress.state().items():
                store[name] = value

    def load_own_variables(self, store: Any) -> None:
        kept = {name: np.asarray(store[name]) for name in list(store.keys())}
        progress = {name: kept.pop(name) for name in list(kept) if name.startswith("training.")}
        if self._progress is not None:
            self._progress.load_state(progress)
        super().load_own_variables(kept)

    def _build_optimizers(self) -> None:
        """Make the state of the optimizers before the step is traced: to make it inside, it is traced twice."""
        if not self.built or not self.compiled or self.optimizer is None:
            return
        with self.distribute_strategy.scope():
            for optimizer, variables in self._optimized():
                if optimizer is not None and not optimizer.built:
                    # `fit` ends with the averages of all trainable weights, so that all of them need one.
                    averaged = optimizer is self.optimizer and optimizer.use_ema
                    optimizer.build(self.trainable_variables if averaged else variables)

    def _optimized(self) -> list[tuple[Any, list[Any]]]:
        """Return the optimizers, and the variables that each of them changes."""
        discriminator = {id(variable) for variable in self._discriminator_variables()}
        variables = self.trainable_variables
        pairs = [(self.optimizer, [v for v in variables if id(v) not in discriminator])]
        if self.discriminator_optimizer is not None:
            pairs.append((self.discriminator_optimizer, [v for v in variables if id(v) in discriminator]))
        return pairs

    # The steps

    def train_step(self, data: Any) -> Any:
        """Return one step of gradient descent on a batch: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""
        return self._run_checked(self._train_on, data)

    def test_step(self, data: Any) -> Any:
        """Return the loss and the metrics of a batch, corrupted as in training."""
        return self._run_checked(self._evaluate_on, data)

    def predict_step(self, data: Any) -> Any:
        """Return the reconstructions of a batch, without corruption and without penalties."""
        self._gate.note(data)
        (x, _, _), valid = padded(keras.utils.unpack_x_y_sample_weight(data))
        return without_padding(self._reconstruct(x), valid)

    def _reconstruct(self, images: Any) -> Any:
        """Return the reconstructions of a batch, as `predict` returns them."""
        return self(images, training=False)

    def _run_checked(self, step: Callable[[Any], Any], data: Any) -> Any:
        """Run a step if the batch is accepted. Of mirrored models, `replicated` checks the parts of all replicas."""
        return step(data) if self._is_mirrored else self._gate.run_checked(step, data)

    def _train_on(self, data: Any) -> Any:
        batch = self._batch(data)
        self._gate.learn(data)
        step = StepContext(batch.count, batch.valid)
        with tf.GradientTape(persistent=self.discriminator_optimizer is not None) as tape, step:
            y_pred, batch = self._forward(batch, training=True)
            losses = [self._loss(batch, y_pred, step, training=True)]
            if step.discriminator_losses:
                losses.append(share_of_batch(step.discriminator_loss, batch.valid))
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
        images = self._gate.floats(x, self.variable_dtype)
        sample_weight = ranked_weights(check_weights(sample_weight, len(images.shape)), images)
        target = images if y is None else scale_images(ops.convert_to_tensor(y), self.variable_dtype)
        count = ops.shape(images)[0] if valid is None else valid
        return Batch(images, target, sample_weight, count, valid)

    def _forward(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        """Return what the model makes of the corrupted images, and the batch with the weights of their pixels."""
        # First, because the call that follows clears what layers have added to the loss.
        self._observe(batch.images, training)
        inputs, batch = self._inputs_of(batch, training)
        batch = batch._replace(target=_with_kept_noise(batch.target))
        y_pred = self(inputs, training=training)
        if batch.pixel_weights is not None:
            self._check_loss_of_pixels(batch.target, y_pred)
        return y_pred, batch

    def _loss(self, batch: Batch, y_pred: Any, step: StepContext, training: bool) -> Any:
        """Return this replica's share of the loss, and track the mean over all images."""
        self._check_added_losses(step)
        images, target, y_pred = map(self._normalized, (batch.images, batch.target, y_pred))
        loss = self.compute_loss(images, target, y_pred, batch.sample_weight, training=training)
        # Before metrics change: another replica's call may come between, and clears what layers have added.
        added = sum(ops.cast(part, loss.dtype) for part in [*step.penalties, *self.losses])
        loss += ops.cast(step.penalty, loss.dtype)
        tracker = next(metric for metric in self.metrics if metric.name == "loss")
        tracker.update_state(loss, sample_weight=batch.count)
        self._update_reconstruction_loss(loss - added, step, batch.count)
        return share_of_batch(loss, batch.valid)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean loss of this replica's images, and what layers add with `add_loss`.

        Override it to add terms of your own, with `super().compute_loss(...)`: they count once, on any number
        of replicas. For a term with a metric and a weight, make a `keras_cae.layers.Penalty`.

        Args:
            x: the images, without corruption.
            y: the targets; by default the images.
            y_pred: the reconstructions.
            sample_weight: weights of the images or of their pixels.
            training: whether the step is one of training.
        """
        target = self._target(x, y, y_pred)
        loss = super().compute_loss(
            x=x,
            y=target,
            y_pred=y_pred,
            sample_weight=weights_for_loss(self._loss_functions(), target, y_pred, sample_weight),
            training=training,
        )
        # Keras has divided by the number of replicas.
        return loss * ops.cast(replica_count(), loss.dtype)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the logs of the metrics. The target is `y`, or else `x`."""
        return super().compute_metrics(x, self._target(x, y, y_pred), y_pred, sample_weight=sample_weight)

    def _target(self, x: Any, y: Any, y_pred: Any) -> Any:
        """Return the images that `y_pred` is compared with: `y`, or else `x`, as floats."""
        name, images = ("x", x) if y is None or y is x else ("y", y)
        shape = known_shape(images.shape)
        if shape is None or not compatible(shape[1:], y_pred.shape[1:]):
            remedy = (
                "Pass the images to make of x as y."
                if name == "x"
                else "A target is an image of the reconstruction's shape. Class labels are none: leave "
                "them out, with image_dataset_from_directory(..., labels=None) or "
                "dataset.map(lambda image, label: image)."
            )
            raise ValueError(
                f"The target {name} has the shape {shape}, the reconstruction {tuple(y_pred.shape)}. {remedy}"
            )
        return scale_images(images, self.variable_dtype)

    def _apply(self, tape: tf.GradientTape, losses: list[Any]) -> None:
        """Change the variables of each optimizer by the gradients of its loss."""
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
            # Metrics compare whole images: what was visible is there.
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
        """Make the metric of the loss without penalties: a step, which may find one, can't make variables."""
        # Not through `__setattr__`: Keras would list it among the metrics, of every model.
        self.__dict__["_reconstruction_mean"] = keras.metrics.Mean(name="reconstruction_loss")

    @property
    def metrics(self) -> list[Any]:
        """All metrics, that of the reconstructions included."""
        metrics = super().metrics
        known = not self._reports_reconstruction or any(metric is self._reconstruction_mean for metric in metrics)
        return metrics if known else [*metrics, self._reconstruction_mean]

    def _added_losses(self) -> bool:
        """Return whether layers have called `add_loss` in this step, beside the regularizers of weights."""
        regularized = [v for v in self.trainable_variables if getattr(v, "regularizer", None) is not None]
        return len(self.losses) > len(regularized)

    def _check_added_losses(self, step: StepContext) -> None:
        if step.synchronized and self._added_losses():
            raise ValueError(
                "On several replicas a network can't have both layers that work on all of their images, "
                "such as synchronized batch normalization, and layers that call add_loss, such as activity "
                "regularizers: Keras mixes the replicas' losses up. Use keras_cae.layers.Penalty instead of "
                "add_loss, or do without one of them."
            )

    def _check_loss_of_pixels(self, target: Any, y_pred: Any) -> None:
        loss = self._loss_functions()
        shape = shape_of_loss(loss, target, y_pred)
        if shape is not None and len(shape) != len(y_pred.shape) - 1:
            raise ValueError(
                f"{type(self).__name__} needs a loss with a value for every pixel, of shape (n, *spatial), "
                f"because only hidden pixels count; {loss!r} gives the shape {shape}. Use 'mse', 'mae' or "
                "'binary_crossentropy'."
            )

    def _loss_functions(self) -> Any:
        """Return the loss of `compile`; None where there is none."""
        loss = getattr(self, "loss", None)
        return None if getattr(loss, "__self__", None) is self else loss


def _with_kept_noise(target: Any) -> Any:
    """Return the target with the noise that the corruption of this step wants kept."""
    step = current_step()
    for noise in [] if step is None else step.kept_noise:
        if not compatible(noise.shape, target.shape):
            raise ValueError(
                f"The corruption keeps noise of shape {tuple(noise.shape)} in the target, which has the shape "
                f"{tuple(target.shape)}. Set keep_noise=False, or train with targets of the input's shape."
            )
        target = target + ops.cast(noise, target.dtype)
    return target


def _times(pixel_weights: Any, sample_weight: Any) -> Any:
    """Return weights of pixels, multiplied by those of images or pixels that the user gave."""
    if sample_weight is None:
        return pixel_weights
    given = ops.cast(sample_weight, pixel_weights.dtype)
    if len(given.shape) == len(pixel_weights.shape) + 1:
        given = ops.squeeze(given, -1)
    return pixel_weights * ops.reshape(
        given, (-1, *given.shape[1:], *[1] * (len(pixel_weights.shape) - len(given.shape)))
    )
