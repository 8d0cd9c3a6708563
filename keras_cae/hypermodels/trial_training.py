"""The training of a trial."""

import inspect
import math
import warnings
from typing import Any

import keras
import keras_tuner
import numpy as np

from keras_cae.anomaly.detection import Detection
from keras_cae.files import is_full_disk
from keras_cae.hypermodels.checkpoints import all_others_failed, keep_best, tuner_callback
from keras_cae.hypermodels.clean_quality import CleanQuality
from keras_cae.hypermodels.detection_quality import DetectionQuality
from keras_cae.hypermodels.rate_distortion import RateDistortion
from keras_cae.hypermodels.search_space import is_listed
from keras_cae.models import CAE
from keras_cae.training.step_groups import tolerates_groups

DEFAULT_BATCH_SIZE = 32
TUNER_HOOKS = ("on_batch_begin", "on_batch_end")
"""The hooks that KerasTuner's callback forwards to methods of the tuner with the same names."""


class TrialTraining:
    """Trains the model of a trial on the data passed to `search`, and measures the objective.

    Args:
        hypermodel: the `HyperAutoencoder` that built the model.
        hp: the values of the trial.
        model: the model.
        *args: positional arguments of `fit`.
        **kwargs: arguments of `fit`.

    Raises:
        keras_tuner.errors.FatalValueError: the tuner and the hypermodel have different objectives, or the data are not
            suitable. This ends the search.
    """

    def __init__(self, hypermodel: Any, hp: Any, model: CAE, *args: Any, **kwargs: Any) -> None:
        self.hypermodel, self.hp, self.model = hypermodel, hp, model
        self.objective = hypermodel.objective
        bound = inspect.signature(model.fit).bind_partial(*args, **kwargs).arguments
        self.arguments = {**bound.pop("kwargs", {}), **bound}
        self.callbacks = list(self.arguments.pop("callbacks", None) or [])
        self._check_objective()
        self._allow_step_groups()
        self._split_validation()
        self._set_detection()
        self._draw_batch_size()

    def _check_objective(self) -> None:
        running = tuner_callback(self.callbacks)
        if running is None:
            return
        given = running.tuner.oracle.objective
        if (given.name, given.direction) != (self.objective.name, self.objective.direction):
            raise keras_tuner.errors.FatalValueError(
                f"The tuner's objective must be that of the hypermodel, {self.objective}, got {given}. Pass "
                "objective=hypermodel.objective. The losses of trials that differ in their loss function, noise or "
                "penalty weights are not comparable: the loss with the smallest scale would win. To use another "
                "objective, override the property `objective`."
            )

    def _allow_step_groups(self) -> None:
        """Let `fit` run several steps at once although KerasTuner's callback overrides the hooks of batches.

        They only call methods of the tuner, which do nothing unless a subclass of the tuner overrides them.
        """
        running = tuner_callback(self.callbacks)
        if running is not None:
            for hook in TUNER_HOOKS:
                tolerates_groups(_ignores_batches)(getattr(type(running), hook))

    def _split_validation(self) -> None:
        """Split off the validation data in the same way as `fit`."""
        split = self.arguments.pop("validation_split", 0.0)
        if self.arguments.get("validation_data") is not None:
            return
        if not split:
            raise keras_tuner.errors.FatalValueError(
                "search requires validation_data or validation_split, because trials are compared by "
                f"{self.objective.name!r}."
            )
        parts: dict[str, Any] = {name: self.arguments.get(name) for name in ("x", "y", "sample_weight")}
        if not hasattr(parts["x"], "shape"):
            raise keras_tuner.errors.FatalValueError(
                f"validation_split requires arrays, got {type(parts['x']).__name__}. Pass validation_data instead."
            )
        kept = math.floor(len(parts["x"]) * (1.0 - split))
        self.arguments["validation_data"] = tuple(None if part is None else part[kept:] for part in parts.values())
        self.arguments |= {name: part[:kept] for name, part in parts.items() if part is not None}

    def _set_detection(self) -> None:
        """Keep all labelled images for the objective, and only the normal ones as validation data for the losses."""
        self.detection: Detection | None = None
        score = self.hypermodel.anomaly_score
        if score is None:
            return
        given = self.arguments["validation_data"]
        if not isinstance(given, list | tuple) or len(given) not in (2, 3) or given[1] is None:
            raise keras_tuner.errors.FatalValueError(
                "anomaly_score requires arrays as validation_data, (images, labels) or (images, labels, masks), with "
                "the label 1 for anomalous images and 0 for normal ones."
            )
        images, labels, masks = (*given, None)[:3]
        try:
            self.detection = Detection(np.asarray(images), labels, masks, score)
        except ValueError as error:
            raise keras_tuner.errors.FatalValueError(f"validation_data: {error}") from error
        self.arguments["validation_data"] = self.detection.normal

    def _draw_batch_size(self) -> None:
        size = self.hypermodel.draw(self.hp, "batch_size")
        if "batch_size" not in self.arguments and hasattr(self.arguments.get("x"), "shape"):
            self.arguments["batch_size"] = size or DEFAULT_BATCH_SIZE
        elif is_listed(self.hp, self.hypermodel.space["batch_size"][0]) and not self.hypermodel.warned_about_batch_size:
            self.hypermodel.warned_about_batch_size = True
            warnings.warn(
                "The search includes batch_size, but it has no effect, because the data are already batched or "
                "batch_size was passed to search. Exclude it from the search with "
                f"{type(self.hypermodel).__name__}(batch_size=None).",
                stacklevel=2,
            )

    def run(self) -> keras.callbacks.History:
        """Train the model. An exception fails the trial; if this is the last trial and all have failed, the search."""
        try:
            self._check_size()
            history = self.model.fit(**self.arguments, callbacks=[*self._measuring_callbacks(), *self.callbacks])
            self._check_finite(history)
        except keras_tuner.errors.FatalError:
            raise
        except Exception as error:
            if is_full_disk(error):
                raise keras_tuner.errors.FatalRuntimeError(
                    "The disk is full. Free some space, and run the program again to resume the search with this trial."
                ) from error
            if all_others_failed(self.callbacks):
                raise keras_tuner.errors.FatalRuntimeError(
                    f"All trials of the search have failed. Error of the last one: {error}"
                ) from error
            raise
        keep_best(self.callbacks, self.hypermodel.keep, self._best(history), self.objective)
        return history

    def _check_size(self) -> None:
        shape = self.hypermodel.input_shape or self._image_shape()
        excess = shape and self.hypermodel.excess(self.hp, shape)
        if excess:
            raise keras_tuner.errors.FailedTrialError(f"Rejected: {excess}.")

    def _image_shape(self) -> Any:
        x: Any = self.arguments.get("x")
        if hasattr(x, "element_spec"):
            x = keras.utils.unpack_x_y_sample_weight(x.element_spec)[0]
        shape = tuple(getattr(x, "shape", ())[1:])
        return shape if shape and None not in shape else None

    def _measuring_callbacks(self) -> list[keras.callbacks.Callback]:
        """Return the callbacks that add the objective to the logs. They precede those of the tuner, which read it."""
        added: list[keras.callbacks.Callback] = [keras.callbacks.TerminateOnNaN()]
        if self.model.corruption is not None and not self.hypermodel.measures_denoising:
            batch_size = self.arguments.get("batch_size") or DEFAULT_BATCH_SIZE
            added.append(CleanQuality(self.arguments["validation_data"], batch_size))
        if self.detection is not None:
            added.append(DetectionQuality(self.detection))
        if self.hypermodel.rate_weight is not None:
            added.append(RateDistortion(self.hypermodel.rate_weight))
        if self.hypermodel.patience is not None:
            added.append(
                keras.callbacks.EarlyStopping(
                    self.objective.name, mode=self.objective.direction, patience=self.hypermodel.patience
                )
            )
        return added

    def _check_finite(self, history: keras.callbacks.History) -> None:
        for name in ("loss", self.objective.name):
            if not np.isfinite(history.history.get(name, [math.nan])).all():
                raise keras_tuner.errors.FailedTrialError(f"Training diverged: {name} was {history.history.get(name)}.")

    def _best(self, history: keras.callbacks.History) -> float:
        best = max if self.objective.direction == "max" else min
        return float(best(history.history[self.objective.name]))


def _ignores_batches(callback: Any) -> bool:
    """Return whether the tuner does not override its methods for batches, which are empty in KerasTuner."""
    return all(getattr(type(callback.tuner), hook) is getattr(keras_tuner.Tuner, hook) for hook in TUNER_HOOKS)
