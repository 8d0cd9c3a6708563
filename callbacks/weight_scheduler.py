"""Schedules for the weights of penalties."""

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import keras

from keras_cae.layers import Penalty
from keras_cae.validation import non_negative_float, one_of, positive_int, text

RISES: dict[str, Callable[[float], float]] = {
    "linear": lambda progress: progress,
    "cosine": lambda progress: (1.0 - math.cos(math.pi * progress)) / 2.0,
    "cyclical": lambda progress: min(1.0, 2.0 * progress),
}
"""The progress of the weight from start to end, as a function of the completed fraction of the steps or the cycle."""


def _takes_effect(owner: Any, name: str) -> bool:
    """Return whether setting an attribute affects a compiled training step."""
    bottleneck = vars(owner).get("bottleneck")
    if name in getattr(bottleneck, "weights_of_penalties", ()):
        return True
    return hasattr(inspect.getattr_static(type(owner), name, None), "__set__")


def _weights_of(model: keras.Model) -> str:
    bottleneck = getattr(model, "bottleneck", None)
    penalties = [part for part in vars(model).values() if isinstance(part, Penalty)]
    names = [*getattr(bottleneck, "weights_of_penalties", ()), *(f"the weight of {part.name}" for part in penalties)]
    return ", ".join(names) or "none"


class WeightScheduler(keras.callbacks.Callback):
    """Changes a weight of a model, such as `beta` or `mmd_weight`, during training.

    If the weight of a divergence grows from 0, the codes have time to become useful before they are pulled towards the
    prior (Bowman et al. 2016, "Generating Sentences from a Continuous Space"; in cycles Fu et al. 2019, "Cyclical
    Annealing Schedule"). The step is that of the optimizer, so a resumed training continues the schedule. The value is
    added to the logs of each epoch under the attribute's name, for callbacks that come later in the list.

    Args:
        attribute: the name of an attribute of the model, or of one of its parts: "bottleneck.weight".
        schedule: "linear" or "cosine", from `start` to `end` within `steps`; "cyclical", `cycles` cycles
            within `steps`, each of which rises linearly in its first half and stays at `end` in the second;
            or a function from the step to the value, such as a
            `keras.optimizers.schedules.LearningRateSchedule`, for which the other arguments are ignored.
        steps: the number of batches after which the value remains at `end`.
        start: the first value.
        end: the last value.
        cycles: the number of cycles of "cyclical".

    Raises:
        ValueError: an argument is invalid; or, when training begins, the model has no such attribute.

    Example:

    >>> warm_up = keras_cae.callbacks.WeightScheduler("beta", schedule="linear", steps=10)
    >>> model = keras_cae.models.VariationalCAE(latent_dim=2, filters=(4, 8))
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> images = np.random.default_rng(0).random((64, 8, 8, 1), dtype="float32")
    >>> model.fit(images, batch_size=16, epochs=3, callbacks=[warm_up], verbose=0).history["beta"]
    [0.3, 0.7, 1.0]
    """

    def __init__(
        self,
        attribute: str,
        *,
        schedule: str | Callable[[int], Any] = "linear",
        steps: int | None = None,
        start: float = 0.0,
        end: float = 1.0,
        cycles: int = 4,
    ) -> None:
        super().__init__()
        self.attribute = text(attribute, "attribute")
        self.start = non_negative_float(start, "start")
        self.end = non_negative_float(end, "end")
        self.cycles = positive_int(cycles, "cycles")
        self.schedule = schedule
        self.steps: Any = steps
        if isinstance(schedule, type) or not callable(schedule):
            one_of(schedule, "schedule", tuple(RISES))
            self.steps = positive_int(steps, "steps")

    def value_at(self, step: int) -> float:
        """Return the value of the attribute at a step, counted from 0."""
        if callable(self.schedule):
            return float(self.schedule(step))
        progress = min(1.0, step / self.steps)
        if self.schedule == "cyclical" and progress < 1.0:
            progress = progress * self.cycles % 1.0
        return self.start + (self.end - self.start) * RISES[self.schedule](progress)

    def _owner(self) -> tuple[Any, str]:
        """Return the object that has the attribute, and the attribute's own name."""
        *parts, name = self.attribute.split(".")
        return functools.reduce(getattr, parts, self.model), name

    def on_train_begin(self, logs: Any = None) -> None:
        try:
            owner, name = self._owner()
            getattr(owner, name)
        except AttributeError as error:
            raise ValueError(
                f"attribute must name an attribute of the model, but {type(self.model).__name__} has no "
                f"{self.attribute!r}."
            ) from error
        if not _takes_effect(owner, name):
            raise ValueError(
                f"attribute must be a weight that can change during training, but {self.attribute!r} of "
                f"{type(self.model).__name__} is fixed once the model is built. Such weights of this model are: "
                f"{_weights_of(self.model)}."
            )

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        setattr(*self._owner(), self.value_at(int(self.model.optimizer.iterations)))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs[self.attribute] = getattr(*self._owner())
