"""The methods that take data: `fit`, `evaluate`, `predict` and their variants for single batches."""

import abc
import math
import threading
from typing import Any

import keras

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
    """The methods of a `keras.Model` that take data, check them and pass them on to the steps."""

    _gate: InputGate
    built: bool
    rank: int
    _progress: Progress | None = None
    """Where training is; None outside of `fit`."""
    discriminator_optimizer: Any = None

    @property
    @abc.abstractmethod
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        """The layers that are applied to the inputs in training and evaluation, in this order."""

    def _prepare_for(self, data: Any, steps: int | None) -> None:
        """Learn what must be known of training data before the first step; `steps` as in `fit`."""

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
        """Train as `keras.Model.fit` does, with `y` as the target, or `x` if there is no `y`.

        Args:
            x: images, as everything that `keras.Model.fit` takes: array, tensor, `tf.data.Dataset`,
                `keras.utils.PyDataset`, generator.
            y: the target images; by default `x`.
            batch_size: number of images of an array in a batch.
            epochs: number of epochs.
            verbose: as in `keras.Model.fit`.
            callbacks: as in `keras.Model.fit`. With several workers, only the first one writes files.
            validation_split: as in `keras.Model.fit`.
            validation_data: images, or `(images, targets)`, `(images, targets, weights)`, where the
                targets may be None.
            shuffle: as in `keras.Model.fit`.
            class_weight: not supported, because images have no classes.
            sample_weight: one weight per image, of shape `(n,)`, or per pixel, `(n, *spatial)`.
            **kwargs: arguments of `keras.Model.fit`.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: images, targets or weights are invalid. A refused batch changes nothing in the model; earlier
                training is kept.
        """
        if class_weight is not None:
            raise ValueError(
                "class_weight has no meaning for an autoencoder, whose targets are images: weight each "
                "image with sample_weight."
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
        kept = self._followed(worker, data["x"], kwargs.get("initial_epoch", 0))
        try:
            return super().fit(**data, epochs=epochs, verbose=verbose, callbacks=kept, shuffle=shuffle, **kwargs)
        finally:
            self._progress = None
            end_of_fit(callbacks)

    def _training_data(self, **data: Any) -> dict[str, Any]:
        """Return the data arguments of `fit`, checked; a model that trains on parts of images overrides it."""
        return data

    def _followed(self, callbacks: Any, data: Any, first_epoch: int) -> Any:
        """Return the callbacks of `fit`, with those that follow its progress."""
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
        """Evaluate as `keras.Model.evaluate` does, against `y`, or against `x` if there is no `y`.

        A corruption uses the same noise in every evaluation. Concurrent evaluations in several threads, which share the
        metrics of the model, run one after another.

        Args:
            x: images, as in `fit`.
            y: the target images; by default `x`.
            batch_size: number of images of an array in a batch.
            verbose: as in `keras.Model.evaluate`.
            sample_weight: weights, as in `fit`.
            **kwargs: arguments of `keras.Model.evaluate`.

        Returns:
            The loss, or a list or dictionary of the loss and the metrics, as `keras.Model.evaluate`.

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
        """Return the lock of evaluations: one thread at a time, which may hold it several times."""
        return self.__dict__.setdefault("_evaluation_lock", threading.RLock())

    def predict(self, x: Any, batch_size: int | None = None, *args: Any, **kwargs: Any) -> Any:
        """Reconstruct images as `keras.Model.predict` does, without corruption.

        Args:
            x: images, as in `fit`.
            batch_size: number of images of an array in a batch. *args: positional arguments of `keras.Model.predict`.
                **kwargs: arguments of `keras.Model.predict`.

        Returns:
            An array of reconstructions.

        Raises:
            ValueError: the images are not of the kind that the model takes.
        """
        check_counts(batch_size)
        x, _, _ = self._checked_data(x, None, None)
        self._begin_batch()
        return super().predict(x, batch_size, *args, **kwargs)

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
        """Return the data in the form that Keras takes; refuse what can be refused before the first batch."""
        x, y = as_data(x, "x"), None if y is None else as_data(y, "y")
        self._gate.check_data(x, "x")
        self._gate.check_data(y, "y")
        sample_weight = check_weights(sample_weight, self.rank + 2)
        first, x = peek(x, "x", self.built)
        shape = first_shape(x if first is None else first)
        if shape is not None:
            self._gate.check_shape(shape)
            self._check_axes(shape)
        # Keras drops the weights for want of a y.
        if y is None and sample_weight is not None and hasattr(x, "shape"):
            y = x
        return x, y, sample_weight

    def _check_axes(self, shape: Any) -> None:
        """Refuse images whose first axis looks like the channels, unless the model was built for them."""
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
        """Build before `keras.Model.fit` would, so that callbacks that need a built model find one."""
        shape = first_shape(x)
        if not self.built and shape is not None:
            with self.distribute_strategy.scope():
                self.build(shape)

    def _optimizers(self) -> list[Any]:
        """Return all optimizers that the model is compiled with."""
        second = self.discriminator_optimizer
        return [self.optimizer] if second is None else [self.optimizer, second]

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
        if any(map(_accumulates, self._optimizers())):
            raise ValueError(
                f"gradient_accumulation_steps must be None on {replicas} replicas: Keras's optimizers can't "
                "accumulate under a tf.distribute strategy. Use a larger batch_size."
            )


def _training_part(x: Any, validation_split: float) -> Any:
    """Return the images that `fit` trains on, as Keras splits them."""
    return x[: math.floor(len(x) * (1.0 - validation_split))] if validation_split and hasattr(x, "shape") else x


def _accumulates(optimizer: Any) -> bool:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return bool(getattr(inner, "gradient_accumulation_steps", None))
