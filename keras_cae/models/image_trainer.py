"""`fit` and `evaluate` of `keras.Model`, with the rules for images."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.compatibility import DistributedTraining
from keras_cae.images import check_image_batch, known_shape
from keras_cae.models.random_state import draw_apart, same_noise
from keras_cae.models.shaped_model import ShapedModel
from keras_cae.models.target_range import TargetRange
from keras_cae.models.workers import callbacks_of_worker, leave_fit
from keras_cae.sample_weights import per_image_weights


class ImageTrainer(ShapedModel, DistributedTraining):
    """A model that `fit` and `evaluate` train and measure on images, whose target is `y`, or else `x`.

    A subclass makes the steps, in which it calls `target_range.guard`, and names its `corruptions`.
    """

    train_function: Any
    test_function: Any

    def optimizers(self) -> list[Any]:
        """All optimizers that the model is compiled with."""
        return [self.optimizer]

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        """The layers whose noise is the same in every evaluation."""
        raise NotImplementedError

    @functools.cached_property
    def target_range(self) -> TargetRange:
        return TargetRange(self.last_activation())

    def last_activation(self) -> Any:
        """The activation that bounds the reconstructions, or None if it is not known."""
        raise NotImplementedError

    def make_train_function(self, force: bool = False) -> None:
        """Compile the training step; after the first batch, check that its targets can be reached."""
        made = self.train_function is None or force
        self._build_optimizer()
        super().make_train_function(force)
        if made:
            self.train_function = self._checked_function(self.train_function)

    def _build_optimizer(self) -> None:
        """Make the optimizer's state before the step is traced: to make it inside, it is traced twice.

        On several replicas Keras has made it.
        """
        alone = self.distribute_strategy.num_replicas_in_sync == 1
        if alone and self.built and self.optimizer is not None and not self.optimizer.built:
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)

    def make_test_function(self, force: bool = False) -> None:
        """Compile the evaluation step; after the first batch, check that its targets can be reached."""
        made = self.test_function is None or force
        super().make_test_function(force)
        if made:
            self.test_function = self._checked_function(self.test_function)

    def _check_replicas(self) -> None:
        """Refuse what Keras can't do on several replicas."""
        replicas = self.distribute_strategy.num_replicas_in_sync
        if replicas == 1:
            return
        if self.steps_per_execution > 1:
            raise ValueError(
                f"steps_per_execution must be 1 on {replicas} replicas: Keras's loop over several steps does "
                "not run under a tf.distribute strategy. Compile the model without it."
            )
        if any(map(_accumulates, self.optimizers())):
            raise ValueError(
                f"gradient_accumulation_steps must be None on {replicas} replicas: Keras's optimizers can't "
                "accumulate under a tf.distribute strategy. Use a larger batch_size."
            )

    def _checked_function(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """`function`, with a look at its first batch's targets, and other random numbers on every replica."""
        if self.distribute_strategy.num_replicas_in_sync > 1:
            draw_apart(self)

        def checked(iterator: Any) -> Any:
            logs = function(iterator)
            self.target_range.check()
            return logs

        return checked

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Train as `keras.Model.fit` does, towards `y`, or towards `x` if there is no `y`.

        Args:
            x: images, as everything that `keras.Model.fit` takes: array, tensor, `tf.data.Dataset`,
                `keras.utils.PyDataset`, generator.
            y: the images to make of `x`.
            batch_size: images in a batch of an array.
            epochs: number of epochs.
            verbose: of `keras.Model.fit`.
            callbacks: of `keras.Model.fit`. On several workers only the first writes files.
            validation_split: of `keras.Model.fit`.
            validation_data: images, or `(images, targets)`, `(images, targets, weights)`, where the
                targets may be None.
            shuffle: of `keras.Model.fit`.
            class_weight: refused: images have no classes.
            sample_weight: one weight per image, of shape `(n,)`, or per pixel, `(n, height, width)`.
            **kwargs: of `keras.Model.fit`.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: images, targets or weights are not of the kind named above.
        """
        if class_weight is not None:
            raise ValueError(
                "class_weight has no meaning for an autoencoder, whose targets are images: weight each "
                "image with sample_weight."
            )
        self._check_replicas()
        self._build_early(x)
        y = self._explicit_target(x, y, sample_weight, batch_size)
        if isinstance(validation_data, list | tuple):
            images, targets, weights = keras.utils.unpack_x_y_sample_weight(validation_data)
            targets = self._explicit_target(images, targets, weights, batch_size)
            weights = per_image_weights(weights)
            validation_data = keras.utils.pack_x_y_sample_weight(images, targets, weights)
        try:
            return super().fit(
                x,
                y,
                batch_size=batch_size,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks_of_worker(callbacks, self.distribute_strategy),
                validation_split=validation_split,
                validation_data=validation_data,
                shuffle=shuffle,
                sample_weight=per_image_weights(sample_weight),
                **kwargs,
            )
        finally:
            leave_fit(callbacks)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Evaluate as `keras.Model.evaluate` does, against `y`, or against `x` if there is no `y`.

        A corruption draws the same noise in every evaluation.

        Args:
            x: images, as in `fit`.
            y: the images to make of `x`.
            batch_size: images in a batch of an array.
            verbose: of `keras.Model.evaluate`.
            sample_weight: weights, as in `fit`.
            **kwargs: of `keras.Model.evaluate`.

        Returns:
            The loss, or a list or dictionary of the loss and the metrics, as `keras.Model.evaluate`.

        Raises:
            ValueError: images, targets or weights are not of the kind named above.
        """
        self._check_replicas()
        y = self._explicit_target(x, y, sample_weight, batch_size)
        with same_noise(self.corruptions):
            return super().evaluate(
                x,
                y,
                batch_size=batch_size,
                verbose=verbose,
                sample_weight=per_image_weights(sample_weight),
                **kwargs,
            )

    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluate a single batch, with the same noise every time."""
        with same_noise(self.corruptions):
            return super().test_on_batch(*args, **kwargs)

    def _build_early(self, x: Any) -> None:
        """Build before `keras.Model.fit` would, so that callbacks that need a built model find one."""
        if self.built:
            return
        if isinstance(x, tf.data.Dataset):
            x = keras.utils.unpack_x_y_sample_weight(x.element_spec)[0]
        shape = known_shape(x.shape) if hasattr(x, "shape") else None
        if shape is not None:
            with self.distribute_strategy.scope():
                self.build(shape)

    def _explicit_target(self, x: Any, y: Any, sample_weight: Any, batch_size: int | None) -> Any:
        """`y`; or `x`, where Keras would drop the weights for want of a `y`.

        Checks what can be seen before the first batch.
        """
        self.target_range.arm()
        if isinstance(x, np.ndarray):
            check_image_batch(x.shape, self.built_shape and self.built_shape[1:])
        name, target = ("x", x) if y is None else ("y", y)
        if isinstance(target, np.ndarray) and target.ndim == 4:
            self.target_range.check_array(target[: batch_size or 32], name)
        return x if y is None and sample_weight is not None and hasattr(x, "shape") else y


def _accumulates(optimizer: Any) -> bool:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return bool(getattr(inner, "gradient_accumulation_steps", None))
