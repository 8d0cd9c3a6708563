"""The single place that decides which values and shapes of images a model accepts."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.images import Shape, check_image_batch, scale_images
from keras_cae.kinds import KINDS
from keras_cae.pixel_values import OVERSHOOT, WHITE, WIDE, darkness_warning
from keras_cae.training.batch_checks import (
    BAD_SHAPE,
    BAD_WEIGHTS,
    BAD_X,
    BAD_Y,
    EMPTY,
    NO_PROBLEM,
    ON_OTHER_WORKER,
    are_weights,
    extremes,
    first_problem,
    floats_fit,
    has_images,
    integers_fit,
    shape_fits,
)
from keras_cae.training.output_range import activation_name, range_of
from keras_cae.training.refusals import dtype_error, integer_error, nonfinite_error, range_error, weights_error
from keras_cae.training.replicas import replica_count

INPUT_TOLERANCE = 4.0
"""How far inputs may exceed the range: far enough for strong noise, but not for values from 0 to 255."""
LARGEST_FLOAT = float(np.finfo("float32").max)
NAMES = {BAD_X: "x", BAD_Y: "y", BAD_WEIGHTS: "sample_weight"}
DTYPES = ("", *WHITE, "float32")
"""The types that images can have. A saved model stores the index of the type that it was trained on."""


class InputGate:
    """Decides whether a model accepts images, and converts them to the floats that its networks see.

    Every method of a model that takes images uses it: `fit`, `evaluate`, `predict`, `encode`, the single-batch methods
    and a direct call. It stores the image shape that the model was built for and, after the first training batch, the
    type and range of the training images, which are saved with the model.

    - `keras_cae.pixel_values` defines what integers mean, both here and when images are loaded. Integers that do not
      use the range of their type (8-bit images in a uint16, zeros and ones in a uint8) are refused, because the model
      would see black images.
    - Floats are used unchanged. Floats outside the range of the model (0 to 255 if the outputs range from 0 to 1) are
      refused, and so are values that are not finite.

    Values are checked where the data are: in the compiled step, where a refused batch leaves the model unchanged (see
    `run_checked`), or on the host for arrays that are passed to methods such as `encode`.

    Args:
        output_activation: output activation of the model, which bounds the values of the targets.
        rank: number of spatial axes.
    """

    def __init__(self, output_activation: Any, rank: int = 2) -> None:
        self.rank = rank
        self.activation = activation_name(output_activation)
        self.low, self.high = range_of(self.activation)
        self.image_shape: Shape | None = None
        self.dtype: str | None = None
        self.span: tuple[float, float] | None = None
        self.place = "batch"
        """Where the batches come from, such as "epoch 3, batch". Error messages append the number of the batch."""
        with tf.init_scope():
            # [number of the problem, lowest value, highest value, whether all values are finite, index of the type]
            self._problem = tf.Variable(tf.zeros(5), trainable=False, name="refused_batch")
            # [index of the type of the first training batch, its lowest value, its highest value]
            self._first = tf.Variable(tf.zeros(3), trainable=False, name="first_batch")
            self._target_type = tf.Variable(0.0, trainable=False, name="type_of_targets")
            self._input_bounds = tf.Variable(self._bounds_of_inputs(), trainable=False, name="input_bounds")
            self._steps = tf.Variable(0, trainable=False, name="steps_taken")

    @property
    def bounded(self) -> bool:
        """Whether the output activation limits the range of the outputs."""
        return bool(np.isfinite(self.low))

    def _bounds_of_inputs(self) -> tf.Tensor:
        low, high = (self.low, self.high) if self.bounded else (self.span or (-np.inf, np.inf))
        width = INPUT_TOLERANCE * max(high - low, 1.0)
        bounds = [low - width, high + width]
        return tf.constant(np.clip(bounds, -LARGEST_FLOAT, LARGEST_FLOAT), "float32")

    def _bounds_of_targets(self) -> tuple[float, float]:
        if not self.bounded:
            return -LARGEST_FLOAT, LARGEST_FLOAT
        tolerance = OVERSHOOT * (self.high - self.low)
        return self.low - tolerance, self.high + tolerance

    # Checks of shapes and types, which need no values

    def to_floats(self, images: Any, dtype: str) -> Any:
        """Check the shape and the type of a batch, and return it as the floats that the networks see."""
        self.check_shape(images.shape)
        self.check_type(keras.backend.standardize_dtype(images.dtype), "images")
        return scale_images(images, dtype)

    def check_shape(self, shape: Any) -> None:
        """Raise a `ValueError` if the shape of a batch does not match the images that the model was built for."""
        check_image_batch(shape, self.image_shape, self.rank)

    def check_type(self, dtype: str, name: str) -> None:
        """Raise a `ValueError` if a type is not a type of images, or does not fit the images of the training."""
        if "complex" in dtype or dtype == "string":
            raise ValueError(f"{name} must be integers, booleans or floats, got the type {dtype}.")
        if "float" in dtype:
            return
        if dtype not in WHITE:
            raise dtype_error(name, dtype)
        if self.dtype is None or "float" not in self.dtype or self.span is None:
            return
        low, high = self.span
        if low < -OVERSHOOT or high > 1 + OVERSHOOT:
            raise ValueError(
                f"This model was trained on floats from {low:g} to {high:g}, but {name} has the type {dtype}, whose "
                f"values would be scaled to [0, 1]. Convert {name} to floats as the training images were."
            )

    # Checks of values on the host

    def check_array(self, array: np.ndarray, name: str) -> None:
        """Raise a `ValueError` if an array of images has values that the model does not accept."""
        self.check_shape(array.shape)
        if not array.size:
            raise ValueError(f"{name} must hold at least one image, got the shape {array.shape}.")
        dtype = keras.backend.standardize_dtype(array.dtype)
        if "float" not in dtype:
            self.check_integers(array, name)
            return
        self.check_type(dtype, name)
        low, high = float(array.min()), float(array.max())
        bounds = np.asarray(self._input_bounds)
        if not (abs(low) <= LARGEST_FLOAT and abs(high) <= LARGEST_FLOAT):
            raise nonfinite_error(name, not np.isnan(low))
        if not bounds[0] <= low <= high <= bounds[1]:
            raise range_error(name, low, high, self)

    def check_data(self, data: Any, name: str) -> None:
        """Raise a `ValueError` if the data are an array of integers whose type is not a type of images."""
        if isinstance(data, np.ndarray | tf.Tensor) and len(data.shape) > 2:
            dtype = keras.backend.standardize_dtype(data.dtype)
            if "float" not in dtype and dtype not in WHITE:
                self.check_integers(np.asarray(data), name)

    def check_integers(self, array: np.ndarray, name: str) -> None:
        """Raise a `ValueError` if an array of integers or booleans has values that the model does not accept."""
        dtype = keras.backend.standardize_dtype(array.dtype)
        known = self.dtype == dtype
        if "int" in dtype and not (known and dtype.startswith("uint")):
            error = integer_error(name, dtype, float(array.min()), float(array.max()), known)
            if error is not None:
                raise error
        self.check_type(dtype, name)

    # Checks of values in the compiled step

    def run_checked(self, step: Callable[[Any], Any], data: Any) -> Any:
        """Run a step on a batch, unless the batch is refused, in which case nothing changes.

        For a refused batch, the method returns zeros, and `raise_refusal` raises the error later. Until then, all
        following batches are refused too.

        Args:
            step: maps a batch to a structure of tensors.
            data: the batch, as `fit` passes it to a step.
        """
        kind = self.problem_of(data)
        return self.run_unless_refused(kind, step, data, lambda: self._record(kind, data))

    def run_unless_refused(self, kind: Any, step: Callable[[Any], Any], data: Any, record: Callable[[], None]) -> Any:
        """Run a step if `kind` is `NO_PROBLEM`; otherwise call `record` and return zeros of the step's output shapes.

        In eager mode, a refused batch raises its error immediately.
        """
        if isinstance(kind, int) and kind == NO_PROBLEM:
            self._steps.assign_add(1)
            return step(data)
        returned: list[Any] = []

        def accept() -> Any:
            self._steps.assign_add(1)
            returned.append(keras.tree.map_structure(ops.convert_to_tensor, step(data)))
            return returned[0]

        def refuse() -> Any:
            record()
            return keras.tree.map_structure(lambda t: tf.zeros(t.shape, t.dtype), returned[0])

        clean = tf.logical_and(tf.equal(kind, NO_PROBLEM), tf.equal(self._problem[0], NO_PROBLEM))
        if tf.executing_eagerly():
            if clean:
                return accept()
            record()
            self.raise_refusal()
        return tf.cond(clean, accept, refuse)

    def problem_of(self, data: Any) -> Any:
        """Return the number of the first problem of a batch, or `NO_PROBLEM`.

        It is a Python integer if it does not depend on any value, otherwise a tensor.
        """
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        return first_problem(
            [
                (EMPTY, has_images(x)),
                (BAD_SHAPE, shape_fits(x, self.image_shape)),
                (BAD_X, self._inputs_fit(x, are_targets=y is None)),
                (BAD_Y, None if y is None else self._targets_fit(y)),
                (BAD_WEIGHTS, are_weights(sample_weight)),
            ]
        )

    def _inputs_fit(self, x: Any, are_targets: bool) -> Any:
        x = ops.convert_to_tensor(x)
        dtype = keras.backend.standardize_dtype(x.dtype)
        self.check_type(dtype, "x")
        if "float" not in dtype:
            return None if self.dtype == dtype and dtype not in WIDE else integers_fit(x, dtype, self._is_known(dtype))
        low, high = self._bounds_of_targets() if are_targets else (-LARGEST_FLOAT, LARGEST_FLOAT)
        return floats_fit(x, tf.maximum(low, self._input_bounds[0]), tf.minimum(high, self._input_bounds[1]))

    def _targets_fit(self, y: Any) -> Any:
        y = ops.convert_to_tensor(y)
        dtype = keras.backend.standardize_dtype(y.dtype)
        if len(y.shape) < 3:  # These are labels, for which the step raises a more helpful error.
            return None
        self.check_type(dtype, "y")
        if "float" in dtype:
            return floats_fit(y, *self._bounds_of_targets())
        known = tf.logical_or(self._is_known(dtype), tf.equal(self._target_type, _number(dtype)))
        return integers_fit(y, dtype, known)

    def _is_known(self, dtype: str) -> Any:
        return tf.equal(self._first[0], _number(dtype))

    def _record(self, kind: Any, data: Any) -> None:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        self.record(kind, self.extremes(kind, x, y, sample_weight))

    def extremes(self, kind: Any, x: Any, y: Any, sample_weight: Any) -> Any:
        """Return the lowest and highest refused value, whether all are finite, and the index of their type."""
        parts = {BAD_X: x, BAD_Y: y, BAD_WEIGHTS: sample_weight}
        found = tf.zeros(4)
        for number, part in parts.items():
            if part is not None:
                part = ops.convert_to_tensor(part)
                dtype = _number(keras.backend.standardize_dtype(part.dtype))
                found = tf.where(tf.equal(kind, number), tf.concat([extremes(part), [dtype]], 0), found)
        return found

    def record(self, kind: Any, extremes: Any) -> None:
        """Store why a batch was refused. Only the first refusal is kept."""
        news = tf.concat([[tf.cast(kind, "float32")], extremes], 0)
        self._problem.assign(tf.where(tf.equal(self._problem[0], NO_PROBLEM), news, self._problem))

    def check_prediction_batch(self, data: Any) -> None:
        """Check a batch of `predict`, and record a problem for `raise_refusal`."""
        if replica_count() > 1:
            return
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        kind = first_problem([(EMPTY, has_images(x)), (BAD_X, self._inputs_fit(x, are_targets=False))])
        if not isinstance(kind, int):
            self.record(kind, self.extremes(kind, x, None, None))
        self._steps.assign_add(tf.cast(tf.equal(self._problem[0], NO_PROBLEM), "int32"))

    def record_first_batch(self, data: Any) -> None:
        """Record the type and the extreme values of the first training batch."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        if y is not None:
            self._target_type.assign(_number(keras.backend.standardize_dtype(y.dtype)))
        if self.dtype is not None:
            return
        number = _number(keras.backend.standardize_dtype(x.dtype))
        values = scale_images(ops.convert_to_tensor(x), "float32")

        def record_extremes() -> Any:
            low, high = (tf.cast(f(values), "float32") for f in (tf.reduce_min, tf.reduce_max))
            self._first.assign(tf.stack([number, low, high]))
            return 0.0

        tf.cond(tf.equal(self._first[0], 0.0), record_extremes, lambda: 0.0)

    def adopt_first_batch(self) -> None:
        """Adopt the type and range of the first training batch after its step, and warn if it was nearly black."""
        if self.dtype is not None:
            return
        number, *span = np.asarray(self._first)
        if not number:
            return
        dtype = DTYPES[int(number)]
        self.restore(dtype, (float(span[0]), float(span[1])))
        if dtype in ("uint8", "uint16") and span[1] > 0:
            message = darkness_warning(round(span[1] * WHITE[dtype]), dtype, "the first batch")
            if message:
                warnings.warn(message, stacklevel=2)

    # Refusals

    def begin(self) -> None:
        """Clear earlier refusals and reset the step count, at the beginning of an epoch or an evaluation."""
        self._steps.assign(0)
        self._problem.assign(tf.zeros(5))

    def raise_refusal(self) -> None:
        """Raise a `ValueError` if a batch was refused since `begin`."""
        kind, low, high, finite, dtype = (float(value) for value in self._problem.numpy())
        if kind == NO_PROBLEM:
            return
        number = int(self._steps.numpy()) + 1
        self._problem.assign(tf.zeros(5))
        error = self._refusal(int(kind), low, high, bool(finite), DTYPES[int(dtype)])
        raise ValueError(f"{error} This was found in {self.place} {number}, which did not change the model.")

    def _refusal(self, kind: int, low: float, high: float, finite: bool, dtype: str) -> ValueError:
        if kind == ON_OTHER_WORKER:
            return ValueError("Another worker refused its part of the batch. See the error of that worker.")
        if kind == EMPTY:
            return ValueError("x must hold at least one image, got an empty batch.")
        if kind == BAD_SHAPE:
            return ValueError(
                f"x must have {KINDS[self.rank].noun} of shape {self.image_shape} {KINDS[self.rank].shape_of_one}."
            )
        if kind == BAD_WEIGHTS:
            return weights_error(low, high)
        name = NAMES[kind]
        if not finite:
            return nonfinite_error(name, bool(np.isinf([low, high]).any()))
        if dtype in WHITE:
            return integer_error(name, dtype, low, high, known=False) or dtype_error(name, dtype)
        return range_error(name, low, high, self)

    # State that is saved in files

    def state(self) -> np.ndarray:
        """Return the saved state: the type and extreme values of the training images, and the type of the targets."""
        learned = [_number(self.dtype or ""), *(self.span or (0.0, 0.0)), float(np.asarray(self._target_type))]
        return np.array(learned, "float64")

    def load_state(self, state: Any) -> None:
        """Restore the state that `state` returned."""
        number, low, high, target = np.asarray(state)
        self._target_type.assign(target)
        if number:
            self.restore(DTYPES[int(number)], (float(low), float(high)))

    def restore(self, dtype: str, span: tuple[float, float]) -> None:
        """Set the type and the range of the training images."""
        self.dtype = "float32" if "float" in dtype else dtype
        self.span = span
        self._first.assign([_number(self.dtype), *span])
        self._input_bounds.assign(self._bounds_of_inputs())


def _number(dtype: str) -> float:
    return float(DTYPES.index("float32" if "float" in dtype else dtype)) if dtype in WHITE or "float" in dtype else 0.0
