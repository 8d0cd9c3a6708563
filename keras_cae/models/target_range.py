"""The check that the decoder can reach the values that it is trained towards."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
}
KEEPS_VALUES = (
    keras.layers.Cropping2D,
    keras.layers.Identity,
    keras.layers.Permute,
    keras.layers.Reshape,
    keras.layers.UpSampling2D,
)
TOLERANCE = 0.1
"""How far beyond the range targets may lie, as a fraction of its width: resizing overshoots a little."""


class TargetRange:
    """Stops training on the first batch whose targets the output activation can't reach.

    Floats from 0 to 255 into a sigmoid train without an error otherwise, towards a negative loss. The check
    runs inside the compiled step, so it sees every kind of data, and it holds the bad batch back from the
    weights: `guard` in the step, `check` after it. A NaN is held back only if it comes in an array, which is
    looked at before the step.

    Args:
        activation: the output activation's name, callable or layer; only the ranges of those in `RANGES`
            are known, for others nothing is checked.
    """

    def __init__(self, activation: Any) -> None:
        self.activation = _name(activation)
        self.low, self.high = RANGES.get(self.activation, (-np.inf, np.inf))
        self.armed = self.bounded
        if self.bounded:
            tolerance = TOLERANCE * (self.high - self.low)
            self.lowest, self.highest = self.low - tolerance, self.high + tolerance
            self._seen = _replica_variable([np.inf, -np.inf], "targets_seen")
            self._passed = _replica_variable(False, "targets_passed")

    @property
    def bounded(self) -> bool:
        return bool(np.isfinite(self.low))

    def arm(self) -> None:
        """Check the next batch: training or evaluation begins."""
        if self.bounded:
            self.armed = True
            self._seen.assign([np.inf, -np.inf])
            self._passed.assign(False)

    def guard(self, loss: Any, targets: Any) -> Any:
        """Return `loss`, or 0 for a first batch that is out of range."""
        if not self.bounded:
            return loss
        # Looking at every value takes time, and only the first batch needs it.
        passed = tf.cond(self._passed, lambda: True, lambda: self._in_range(targets))
        return ops.where(passed, loss, ops.zeros_like(loss))

    def _in_range(self, targets: Any) -> Any:
        low, high = (ops.cast(f(targets), "float32") for f in (ops.min, ops.max))
        self._seen.assign([ops.minimum(self._seen[0], low), ops.maximum(self._seen[1], high)])
        return ops.logical_and(low >= self.lowest, high <= self.highest)

    def check(self) -> None:
        """Raise a `ValueError` if the batches since `arm` were out of range."""
        if self.armed:
            self.armed = False
            self._require(*np.asarray(self._seen))
            self._passed.assign(True)

    def check_array(self, targets: Any, name: str) -> None:
        """Raise a `ValueError` if the array is out of range, or has values that are not a number."""
        if not targets.size:
            return
        low, high = targets.min(), targets.max()
        if np.issubdtype(targets.dtype, np.floating):
            _require_numbers(low, high, name)
            if self.bounded:
                self._require(low, high, name)
        elif targets.dtype.itemsize > 2 and high <= 255:
            raise ValueError(
                f"{name} has the type {targets.dtype}, whose images are divided by its largest value, "
                f"{np.iinfo(targets.dtype).max}, but none of the values looked at is above {high}: these "
                f"are 8-bit images. Pass {name}.astype('uint8')."
            )

    def _require(self, low: float, high: float, name: str = "the target") -> None:
        _require_numbers(low, high, name)
        if self.lowest <= low and high <= self.highest:
            return
        raise ValueError(
            f"The output activation {self.activation!r} reaches values from {self.low:g} to {self.high:g}, "
            f"but {name} has values from {low:g} to {high:g}. Scale the images: for values from 0 to 255 "
            "pass them as uint8, which is scaled for you, or divide by 255; else choose the "
            "output_activation that fits, for instance 'linear'."
        )


def _require_numbers(low: float, high: float, name: str) -> None:
    if np.isnan(low) or np.isnan(high):
        raise ValueError(
            f"{name} has values that are not a number (NaN). Leave these images out, or repair them: "
            "np.isnan(images).any(axis=(1, 2, 3)) finds them."
        )


def last_activation(layer: Any) -> Any:
    """The activation that a model's output has, or None if it is not known."""
    layers = [part for part in getattr(layer, "layers", []) if not isinstance(part, KEEPS_VALUES)]
    return last_activation(layers[-1]) if layers else getattr(layer, "activation", None)


def _name(activation: Any) -> str:
    if isinstance(activation, keras.layers.Layer):
        activation = getattr(activation, "activation", None)
    return activation if isinstance(activation, str) else getattr(activation, "__name__", "")


def _replica_variable(value: Any, name: str) -> tf.Variable:
    """A variable that every replica writes for itself."""
    with tf.init_scope():
        return tf.Variable(
            value,
            trainable=False,
            name=name,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
