"""The methods that take data: `fit`, `evaluate`, `predict` and their single-batch variants."""

import abc
import math
import threading
from typing import Any

import keras
import numpy as np

from keras_cae.atomic_files import BuiltModelFiles
from keras_cae.compatibility import DistributedTraining
from keras_cae.kinds import KINDS
from keras_cae.training.data import as_data, check_counts, check_validation_split, first_shape, peek
from keras_cae.training.input_gate import InputGate
from keras_cae.training.progress import Progress, ProgressResumption, ProgressStart
from keras_cae.training.random_state import same_noise
from keras_cae.training.weights import check_weights
from keras_cae.training.workers import callbacks_of_worker, end_of_fit


class Entries(BuiltModelFiles, DistributedTraining):
    """The methods of a `keras.Model` that take data, validate it and pass it to the steps."""

    _gate: InputGate
    built: bool
    rank: int
    _progress: Progress | None = None
    """The current position in training; None outside of `fit`."""
    discriminator_optimizer: Any = None

    @property
    @abc.abstractmethod
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        """The layers that are applied to the inputs in training and evaluation, in order."""

    def _prepare_for(self, data: Any, steps: int | None) -> None:
        """Adapt to the training data before the first step; `steps` is the `steps_per_epoch` of `fit`."""

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
        """Train the model as `keras.Model.fit` does, with `y` as the target, or `x` if `y` is omitted.

        Args:
            x: images in any form that `keras.Model.fit` accepts: array, tensor, `tf.data.Dataset`,
                `keras.utils.PyDataset` or generator.
            y: the target images; by default `x`.
            batch_size: number of images per batch, for arrays and tensors.
            epochs: number of epochs.
            verbose: as in `keras.Model.fit`.
            callbacks: as in `keras.Model.fit`. With several workers, only the chief writes files.
            validation_split: as in `keras.Model.fit`.
            validation_data: images, `(images, targets)` or `(images, targets, weights)`. The targets may be None.
            shuffle: as in `keras.Model.fit`.
            class_weight: not supported, because images have no classes.
            sample_weight: one weight per image, of shape `(n,)`, or per pixel, `(n, *spatial)`.
            **kwargs: arguments of `keras.Model.fit`.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: images, targets or weights are invalid. A refused batch does not change the model, which keeps
                the training up to this batch.
        """
        if class_weight is not None:
            raise ValueError(
                "class_weight has no meaning for an autoencoder, because its targets are images. Use sample_weight "
                "to weight each image."
            )
        self._check_replicas()
        check_validation_split(validation_split)
        check_counts(batch_size, epochs)
        x, y, sample_weight = self._checked_data(x, y, sample_weight)
        if validation_data is not None:
            validation_data = self._checked_validation(validation_data)
        data = self._training_data(
            x=x,
            y=y,
            sample_weight=sample_weight,
            batch_size=batch_size,
            validation_split=validation_split,
            validation_data=validation_data,
        )
        self._build_early(data["x"])
        self._prepare_for(_training_part(data["x"], data["validation_split"]), kwargs.get("steps_per_epoch"))
        worker = callbacks_of_worker(callbacks, self.distribute_strategy)
        kept = self._with_progress_callbacks(worker, data["x"], kwargs.get("initial_epoch", 0))
        try:
            return super().fit(**data, epochs=epochs, verbose=verbose, callbacks=kept, shuffle=shuffle, **kwargs)
        finally:
            self._progress = None
            end_of_fit(callbacks)

    def _training_data(self, **data: Any) -> dict[str, Any]:
        """Return the validated data arguments of `fit`. A model that trains on parts of images overrides this."""
        return data

    def _with_progress_callbacks(self, callbacks: Any, data: Any, first_epoch: int) -> Any:
        """Return the callbacks of `fit` with the callbacks that track its progress added."""
        own_list = isinstance(callbacks, keras.callbacks.CallbackList)
        given = keras.tree.flatten(callbacks.callbacks if own_list else callbacks or [])
        self._progress = Progress(self, given, data, first_epoch)
        first, last = ProgressStart(self._progress), ProgressResumption(self._progress)
        if not own_list:
            return [first, *given, last]
        for callback in (first, last):
            callback.set_params(callbacks.params)
            callbacks.append(callback)
        return callbacks

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Evaluate the model as `keras.Model.evaluate` does, with `y` as the target, or `x` if `y` is omitted.

        The corruption uses the same noise in every evaluation. Evaluations in several threads run one after another,
        because they share the metrics of the model.

        Args:
            x: images, as in `fit`.
            y: the target images; by default `x`.
            batch_size: number of images per batch, for arrays and tensors.
            verbose: as in `keras.Model.evaluate`.
            sample_weight: weights, as in `fit`.
            **kwargs: arguments of `keras.Model.evaluate`.

        Returns:
            The loss, or a list or dictionary of the loss and the metrics, as `keras.Model.evaluate` returns them.

        Raises:
            ValueError: images, targets or weights are invalid.
        """
        self._check_replicas()
        check_counts(batch_size)
        if not kwargs.get("_use_cached_eval_dataset"):
            x, y, sample_weight = self._checked_data(x, y, sample_weight)
        with self._evaluating(), same_noise(self.corruptions):
            self._gate.place = "the evaluation, batch"
            self._gate.begin()
            return super().evaluate(
                x,
                y,
                batch_size=batch_size,
                verbose=verbose,
                sample_weight=sample_weight,
                **kwargs,
            )

    def _evaluating(self) -> Any:
        """Return the reentrant lock that lets one thread evaluate at a time."""
        return self.__dict__.setdefault("_evaluation_lock", threading.RLock())

    def predict(self, x: Any, batch_size: int | None = None, *args: Any, **kwargs: Any) -> Any:
        """Reconstruct images as `keras.Model.predict` does, without corruption.

        Args:
            x: images, as in `fit`.
            batch_size: number of images per batch, for arrays and tensors.
            *args: positional arguments of `keras.Model.predict`.
            **kwargs: arguments of `keras.Model.predict`.

        Returns:
            An array of reconstructions.

        Raises:
            ValueError: the model does not accept the images.
        """
        check_counts(batch_size)
        x, _, _ = self._checked_data(x, None, None)
        self._begin_batch()
        if not args and kwargs == {"verbose": 0} and self._is_one_batch(x, batch_size or 32):
            return super().predict_on_batch(x)
        return super().predict(x, batch_size, *args, **kwargs)

    def _is_one_batch(self, x: Any, batch_size: int) -> bool:
        """Return whether an array needs no pipeline, whose start takes longer than a small model."""
        kind = getattr(x, "dtype", None)
        plain = isinstance(x, np.ndarray) and kind in (np.uint8, np.uint16, np.float32)
        return plain and len(x) <= batch_size and self.steps_per_execution == 1 and not self._is_mirrored

    def train_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train on a single batch, as `keras.Model.train_on_batch` does."""
        x, y, sample_weight = self._checked_data(x, y, sample_weight)
        self._prepare_for(x, None)
        self._begin_batch()
        return super().train_on_batch(x, y, sample_weight, *args, **kwargs)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Evaluate a single batch, with the same noise every time."""
        x, y, sample_weight = self._checked_data(x, y, sample_weight)
        self._begin_batch()
        with same_noise(self.corruptions):
            return super().test_on_batch(x, y, sample_weight, *args, **kwargs)

    def predict_on_batch(self, x: Any) -> Any:
        """Reconstruct a single batch, as `keras.Model.predict_on_batch` does."""
        x, _, _ = self._checked_data(x, None, None)
        self._begin_batch()
        return super().predict_on_batch(x)

    def _begin_batch(self) -> None:
        self._gate.place = "batch"
        self._gate.begin()

    def _checked_data(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """Validate the data as far as possible before the first batch, and return it in a form that Keras accepts."""
        x, y = as_data(x, "x"), None if y is None else as_data(y, "y")
        self._gate.check_data(x, "x")
        self._gate.check_data(y, "y")
        sample_weight = check_weights(sample_weight, self.rank + 2)
        first, x = peek(x, "x", self.built)
        shape = first_shape(x if first is None else first)
        if shape is not None:
            self._gate.check_shape(shape)
            self._check_axes(shape)
        # Keras ignores sample weights if there is no y.
        if y is None and sample_weight is not None and hasattr(x, "shape"):
            y = x
        return x, y, sample_weight

    def _check_axes(self, shape: Any) -> None:
        """Refuse images that look channels-first, unless the model was built for their shape."""
        if self.built:
            return
        _, first, *_, last = shape
        if first in (1, 3, 4) and last is not None and last > 4:
            kind = KINDS[self.rank]
            raise ValueError(
                f"{kind.noun.capitalize()} must have their channels last, {kind.shape}, got {tuple(shape)}, which "
                f"looks like {kind.noun} of {first} channels first. Move the axis: numpy.moveaxis({kind.noun}, 1, -1). "
                f"If their {kind.axes.split(',')[0]} is {first} and they have {last} channels, build the model first: "
                f"model.build({(None, *shape[1:])})."
            )

    def _checked_validation(self, validation_data: Any) -> Any:
        if not isinstance(validation_data, list | tuple):
            return as_data(validation_data, "validation_data")
        if not 1 <= len(validation_data) <= 3 or validation_data[0] is None:
            raise ValueError(
                "validation_data must be images, or (images, targets) or (images, targets, weights), got a "
                f"{type(validation_data).__name__} of {len(validation_data)}."
            )
        parts = keras.utils.unpack_x_y_sample_weight(tuple(validation_data))
        return keras.utils.pack_x_y_sample_weight(*self._checked_data(*parts))

    def _build_early(self, x: Any) -> None:
        """Build the model earlier than `keras.Model.fit` does, because some callbacks need a built model."""
        shape = first_shape(x)
        if not self.built and shape is not None:
            with self.distribute_strategy.scope():
                self.build(shape)

    def _optimizers(self) -> list[Any]:
        """Return all optimizers that the model was compiled with."""
        second = self.discriminator_optimizer
        return [self.optimizer] if second is None else [self.optimizer, second]

    def _check_replicas(self) -> None:
        """Refuse options that Keras does not support under a strategy that mirrors variables."""
        if not self._is_mirrored:
            return
        strategy = self.distribute_strategy.__class__.__name__
        if self.steps_per_execution > 1:
            raise ValueError(
                f"steps_per_execution must be 1 under {strategy}: Keras's loop over several steps does not run there. "
                "Compile the model without it."
            )
        if any(map(_accumulates, self._optimizers())):
            raise ValueError(
                f"gradient_accumulation_steps must be None under {strategy}: Keras's optimizers can't accumulate "
                "there. Use a larger batch_size."
            )


def _training_part(x: Any, validation_split: float) -> Any:
    """Return the images that remain for training after Keras has applied `validation_split`."""
    return x[: math.floor(len(x) * (1.0 - validation_split))] if validation_split and hasattr(x, "shape") else x


def _accumulates(optimizer: Any) -> bool:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return bool(getattr(inner, "gradient_accumulation_steps", None))
