"""What the values and the shapes of images mean to a model, decided in one place for every entry."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.images import Shape, check_image_batch, known_shape, scale_images
from keras_cae.kinds import KINDS
from keras_cae.training.replicas import replica_count

RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
}
"""The values that an output activation reaches; those of others are not bounded."""
KEEPS_VALUES = (
    keras.layers.Cropping1D,
    keras.layers.Cropping2D,
    keras.layers.Cropping3D,
    keras.layers.Identity,
    keras.layers.Permute,
    keras.layers.Reshape,
    keras.layers.UpSampling1D,
    keras.layers.UpSampling2D,
    keras.layers.UpSampling3D,
)
TARGET_TOLERANCE = 0.1
"""How far beyond the range targets may lie, as a fraction of its width: resizing overshoots a little."""
INPUT_TOLERANCE = 4.0
"""How far inputs may: strong noise lies beyond the range, and values from 0 to 255 lie further."""
LARGEST_FLOAT = float(np.finfo("float32").max)
NO_PROBLEM, OF_X, OF_Y, OF_WEIGHTS, OF_SHAPE, EMPTY, ELSEWHERE = range(7)
NAMES = {OF_X: "x", OF_Y: "y", OF_WEIGHTS: "sample_weight"}
DTYPES = ("", "bool", "uint8", "uint16", "int16", "int32", "uint32", "int64", "uint64", "float32", "int8")
"""The types that images can have; a saved model holds the position of the type that it was trained on."""


class InputGate:
    """Decides whether a model takes images, and turns them into the floats that its networks see.

    Every way into a model asks it: `fit`, `evaluate`, `predict`, `encode`, the methods for single batches and a
    plain call. It knows what the model was built for, and from the first batch of training on what the model
    was trained on, which is saved with the model.

    - Integers are scaled to [0, 1] by the largest value of their type. Integers that do not use their type
      (8-bit images in an int32) are refused, since they would be black.
    - Floats are taken as they are. Those that the model can't have been made for (0 to 255, where the outputs
      reach from 0 to 1) are refused, and so are values that are not finite.

    The values are checked where they are: in the compiled step, which leaves the model untouched by a batch
    that is refused (see `guarded`), or on the host for data that come as arrays to `encode` and the like.

    Args:
        output_activation: of the model: it bounds the values of the targets.
        rank: number of spatial axes.
    """

    def __init__(self, output_activation: Any, rank: int = 2) -> None:
        self.rank = rank
        self.activation = _name(output_activation)
        self.low, self.high = RANGES.get(self.activation, (-np.inf, np.inf))
        self.image_shape: Shape | None = None
        self.dtype: str | None = None
        self.span: tuple[float, float] | None = None
        self.place = "batch"
        """Where the batches come from, such as "epoch 3, batch", for errors that add the number of the batch."""
        with tf.init_scope():
            # [kind of the problem, lowest value, highest value, whether all are finite, number of the type]
            self._problem = tf.Variable(tf.zeros(5), trainable=False, name="refused_batch")
            # [the number of the type that the model was trained on, the lowest value of its first batch, the highest]
            self._first = tf.Variable(tf.zeros(3), trainable=False, name="first_batch")
            self._input_bounds = tf.Variable(self._bounds_of_inputs(), trainable=False, name="input_bounds")
            self._steps = tf.Variable(0, trainable=False, name="steps_taken")

    @property
    def bounded(self) -> bool:
        """Whether the outputs reach a limited range of values only."""
        return bool(np.isfinite(self.low))

    def _bounds_of_inputs(self) -> tf.Tensor:
        low, high = (self.low, self.high) if self.bounded else (self.span or (-np.inf, np.inf))
        width = INPUT_TOLERANCE * max(high - low, 1.0)
        bounds = [low - width, high + width]
        return tf.constant(np.clip(bounds, -LARGEST_FLOAT, LARGEST_FLOAT), "float32")

    def _bounds_of_targets(self) -> tuple[float, float]:
        if not self.bounded:
            return -LARGEST_FLOAT, LARGEST_FLOAT
        tolerance = TARGET_TOLERANCE * (self.high - self.low)
        return self.low - tolerance, self.high + tolerance

    # Shapes and types, known without looking at the values

    def floats(self, images: Any, dtype: str) -> Any:
        """Return a batch as the floats that the networks see; refuse another shape or type."""
        self.check_shape(images.shape)
        self.check_type(keras.backend.standardize_dtype(images.dtype), "images")
        return scale_images(images, dtype)

    def check_shape(self, shape: Any) -> None:
        """Raise a `ValueError` unless batches of a shape are of images that the model was built for."""
        check_image_batch(shape, self.image_shape, self.rank)

    def check_type(self, dtype: str, name: str) -> None:
        """Raise a `ValueError` if images of a type are not what the model was trained on."""
        if "complex" in dtype or dtype == "string":
            raise ValueError(f"{name} must be integers, booleans or floats, got the type {dtype}.")
        if "float" in dtype or self.dtype is None or "float" not in self.dtype or self.span is None:
            return
        low, high = self.span
        if low < -TARGET_TOLERANCE or high > 1 + TARGET_TOLERANCE:
            raise ValueError(
                f"This model was trained on floats from {low:g} to {high:g}, but {name} has the type {dtype}, whose "
                f"values would be scaled to [0, 1]. Convert {name} to floats as the training images were."
            )

    # Values, looked at on the host

    def check_array(self, array: np.ndarray, name: str) -> None:
        """Raise a `ValueError` if an array of images has values that the model does not take."""
        self.check_shape(array.shape)
        if not array.size:
            raise ValueError(f"{name} must hold at least one image, got the shape {array.shape}.")
        dtype = keras.backend.standardize_dtype(array.dtype)
        self.check_type(dtype, name)
        if dtype in ("uint8", "bool"):
            return
        low, high = array.min(), array.max()
        if "int" in dtype:
            self._check_integers(dtype, low, high, name)
            return
        bounds = np.asarray(self._input_bounds)
        if not (np.isfinite(low) and np.isfinite(high)):
            raise _not_finite(name, bool(np.isinf([low, high]).any()))
        if not bounds[0] <= low <= high <= bounds[1]:
            raise self._out_of_range(low, high, name)

    def _check_integers(self, dtype: str, low: Any, high: Any, name: str) -> None:
        problem = _problem_of_integers(dtype, float(low), float(high), known=self.dtype == dtype)
        if problem:
            raise ValueError(f"{name} has the type {dtype}, {problem.format(name=name)}")

    # Values, looked at in the compiled step

    def guarded(self, step: Callable[[Any], Any], data: Any) -> Any:
        """Take a step on a batch, unless the batch is refused: then nothing changes.

        What is returned for a refused batch are zeros; `raise_refusal` says what was wrong. After a refusal
        all batches are refused until then.

        Args:
            step: from a batch to a structure of tensors.
            data: the batch, as `fit` hands it to a step.
        """
        kind = self.problem_of(data)
        return self.taken_if(kind, step, data, lambda: self._record(kind, data))

    def taken_if(self, kind: Any, step: Callable[[Any], Any], data: Any, record: Callable[[], None]) -> Any:
        """Take a step if `kind` is no problem; else call `record` and return zeros like what it returns."""
        if isinstance(kind, int) and kind == NO_PROBLEM:
            self._steps.assign_add(1)
            return step(data)
        returned: list[Any] = []

        def take() -> Any:
            self._steps.assign_add(1)
            returned.append(keras.tree.map_structure(ops.convert_to_tensor, step(data)))
            return returned[0]

        def refuse() -> Any:
            record()
            return keras.tree.map_structure(lambda t: tf.zeros(t.shape, t.dtype), returned[0])

        clean = tf.logical_and(tf.equal(kind, NO_PROBLEM), tf.equal(self._problem[0], NO_PROBLEM))
        if tf.executing_eagerly():
            if clean:
                return take()
            record()
            self.raise_refusal()
        return tf.cond(clean, take, refuse)

    def problem_of(self, data: Any) -> Any:
        """What is wrong with a batch: `NO_PROBLEM`, or what has it. A Python number where no value can be."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        found = [
            (EMPTY, _has_images(x)),
            (OF_SHAPE, self._shape_fits(x)),
            (OF_X, self._values_fit(x, is_target=y is None, is_input=True)),
            (OF_Y, self._values_fit(y, is_target=True, is_input=False)),
            (OF_WEIGHTS, _are_weights(sample_weight)),
        ]
        return _first_problem(found)

    def _shape_fits(self, x: Any) -> Any:
        """None where the static shape says that it does: else TensorFlow's message would come, not ours."""
        shape = known_shape(x.shape)
        if self.image_shape is None or shape is None or len(shape) != len(self.image_shape) + 1:
            return None
        unknown = [
            (axis, expected)
            for axis, (side, expected) in enumerate(zip(shape[1:], self.image_shape, strict=True), start=1)
            if side is None and expected is not None
        ]
        sides = tf.shape(x)
        return tf.reduce_all([sides[axis] == expected for axis, expected in unknown]) if unknown else None

    def _values_fit(self, values: Any, is_target: bool, is_input: bool) -> Any:
        if values is None:
            return None
        values = ops.convert_to_tensor(values)
        dtype = keras.backend.standardize_dtype(values.dtype)
        if dtype in ("uint8", "bool"):
            return None
        if "int" in dtype:
            low, high = (tf.cast(f(values), "float32") for f in (tf.reduce_min, tf.reduce_max))
            return _integers_fit(dtype, low, high, known=tf.equal(self._first[0], float(_number(dtype))))
        low, high = -LARGEST_FLOAT, LARGEST_FLOAT
        if is_target:
            low, high = self._bounds_of_targets()
        if is_input:
            low = tf.maximum(low, self._input_bounds[0])
            high = tf.minimum(high, self._input_bounds[1])
        # False for NaN, on every device, which minima and maxima are not sure to show.
        low, high = tf.cast(low, values.dtype), tf.cast(high, values.dtype)
        return tf.reduce_all(tf.logical_and(values >= low, values <= high))

    def _record(self, kind: Any, data: Any) -> None:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        self.record(kind, self.extremes(kind, x, y, sample_weight))

    def extremes(self, kind: Any, x: Any, y: Any, sample_weight: Any) -> Any:
        """The lowest and the highest of the values that were refused, whether all are finite, and their type."""
        parts = {OF_X: x, OF_Y: y, OF_WEIGHTS: sample_weight}
        found = tf.zeros(4)
        for number, part in parts.items():
            if part is not None:
                part = ops.convert_to_tensor(part)
                values = tf.cast(part, "float32")
                dtype = float(_number(keras.backend.standardize_dtype(part.dtype)))
                finite = tf.cast(tf.reduce_all(tf.math.is_finite(values)), "float32")
                these = tf.stack([tf.reduce_min(values), tf.reduce_max(values), finite, dtype])
                found = tf.where(tf.equal(kind, number), these, found)
        return found

    def record(self, kind: Any, extremes: Any) -> None:
        """Remember why a batch was refused; the first refusal counts."""
        news = tf.concat([[tf.cast(kind, "float32")], extremes], 0)
        self._problem.assign(tf.where(tf.equal(self._problem[0], NO_PROBLEM), news, self._problem))

    def note(self, data: Any) -> None:
        """Look at a batch of `predict`, which changes nothing in the model."""
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        kind = _first_problem([(EMPTY, _has_images(x)), (OF_X, self._values_fit(x, is_target=False, is_input=True))])
        if not isinstance(kind, int):
            self.record(kind, self.extremes(kind, x, None, None))

    def learn(self, data: Any) -> None:
        """Keep the type and the extremes of the first batch of training."""
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        if self.dtype is not None:
            return
        number = float(_number(keras.backend.standardize_dtype(x.dtype)))
        values = scale_images(ops.convert_to_tensor(x), "float32")

        def keep() -> Any:
            low, high = (tf.cast(f(values), "float32") for f in (tf.reduce_min, tf.reduce_max))
            self._first.assign(tf.stack([number, low, high]))
            return 0.0

        tf.cond(tf.equal(self._first[0], 0.0), keep, lambda: 0.0)

    def settle(self) -> None:
        """After a step: take over what the first batch of training taught."""
        if self.dtype is None:
            self.load_state(np.asarray(self._first))

    # Refusals

    def begin(self) -> None:
        """Forget earlier refusals and count the steps from here: an epoch or an evaluation begins."""
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
        raise ValueError(f"{error} This was found in {self.place} {number}, which has changed nothing in the model.")

    def _refusal(self, kind: int, low: float, high: float, finite: bool, dtype: str) -> ValueError:
        if kind == ELSEWHERE:
            return ValueError("Another worker refused its part of a batch: see its error.")
        if kind == EMPTY:
            return ValueError("x must hold at least one image, got a batch without any.")
        if kind == OF_SHAPE:
            return ValueError(
                f"x must have {KINDS[self.rank].noun} of shape {self.image_shape} {KINDS[self.rank].shape_of_one}."
            )
        name = NAMES[kind]
        if kind == OF_WEIGHTS:
            return ValueError(
                f"sample_weight must be finite numbers, zero or above, got values from {low:g} to {high:g}."
            )
        if not finite:
            return _not_finite(name, bool(np.isinf([low, high]).any()))
        problem = _problem_of_integers(dtype, low, high, known=False)
        if problem:
            return ValueError(f"{name} has the type {dtype}, {problem.format(name=name)}")
        return self._out_of_range(low, high, name)

    def _out_of_range(self, low: float, high: float, name: str) -> ValueError:
        if self.bounded:
            rule = (
                f"The output activation {self.activation!r} reaches values from {self.low:g} to {self.high:g}, "
                f"but {name} has values from {low:g} to {high:g}."
            )
        else:
            assert self.span is not None
            rule = (
                f"This model was trained on images with values from {self.span[0]:g} to {self.span[1]:g}, but "
                f"{name} has values from {low:g} to {high:g}."
            )
        return ValueError(
            f"{rule} Scale the images: for values from 0 to 255 pass them as uint8, which is scaled for you, or "
            "divide by 255. For values of another unit give the model normalizer=keras.layers.Normalization(), or "
            "choose the output_activation that fits, for instance 'linear'."
        )

    # What was learned, for files

    def state(self) -> np.ndarray:
        """The number of the type, and the extremes, of the first batch of training."""
        return np.array([_number(self.dtype or ""), *(self.span or (0.0, 0.0))], "float64")

    def load_state(self, state: Any) -> None:
        """Take over what `state` returned."""
        number, low, high = np.asarray(state)
        if number:
            self.restore(DTYPES[int(number)], (float(low), float(high)))

    def restore(self, dtype: str, span: tuple[float, float]) -> None:
        """Take over what training images are like."""
        self.dtype = "float32" if "float" in dtype else dtype
        self.span = span
        self._first.assign([float(_number(self.dtype)), *span])
        self._input_bounds.assign(self._bounds_of_inputs())


def _first_problem(found: list[tuple[int, Any]]) -> Any:
    """The number of the first of some problems that a batch has; a Python number where no value decides."""
    kind: Any = NO_PROBLEM
    for number, fits in reversed(found):
        if fits is not None:
            kind = tf.where(fits, kind, number)
    return kind


def _has_images(x: Any) -> Any:
    """None where the static shape says so, and for the part of a replica, which may be empty."""
    return None if x.shape[0] is not None or replica_count() > 1 else tf.shape(x)[0] > 0


def _number(dtype: str) -> int:
    return DTYPES.index("float32" if "float" in dtype else dtype)


def _integers_fit(dtype: str, low: Any, high: Any, known: Any) -> Any:
    """Whether integers use their type: the rule of `_problem_of_integers`, for tensors."""
    info = np.iinfo(dtype)
    not_negative = low >= 0.0
    if info.bits > 16:
        return tf.logical_and(not_negative, high > 65535.0)
    if info.bits == 8:
        return not_negative
    return tf.logical_and(not_negative, tf.logical_or(known, high > 255.0))


def _problem_of_integers(dtype: str, low: float, high: float, known: bool) -> str | None:
    """Why integers of a type can't be scaled by its largest value; None if they can.

    Once a model was trained on a 16-bit type (`known`), any of its values may come: dark images do.
    """
    if "int" not in dtype:
        return None
    info = np.iinfo(dtype)
    if low < 0:
        return (
            f"but values from {low:g} to {high:g}: negative integers have no place in [0, 1]. Convert {{name}} to "
            "floats in the range that the output activation reaches."
        )
    if info.bits == 8 or (info.bits == 16 and (known or high > 255)) or high > 65535:
        return None
    bits = 8 if high <= 255 else 16
    return (
        f"whose images are divided by its largest value, {info.max}, but none of the values looked at is above "
        f"{high:g}: these are {bits}-bit images. Pass {{name}}.astype('uint{bits}')."
        + (f" If they are dark images of 16 bits, pass {{name}} / {info.max} instead." if info.bits == 16 else "")
    )


def _are_weights(sample_weight: Any) -> Any:
    if sample_weight is None:
        return None
    weights = ops.convert_to_tensor(sample_weight)
    if "float" not in keras.backend.standardize_dtype(weights.dtype):
        return tf.reduce_all(tf.cast(weights, "float32") >= 0.0)
    largest = tf.cast(weights.dtype.max, weights.dtype)
    return tf.reduce_all(tf.logical_and(weights >= tf.cast(0.0, weights.dtype), weights <= largest))


def _not_finite(name: str, infinite: bool = False) -> ValueError:
    what = "infinite" if infinite else "not a number (NaN)"
    return ValueError(
        f"{name} has values that are {what}. Leave these images out, or repair them: "
        f"~np.isfinite({name}).reshape(len({name}), -1).all(axis=1) finds them."
    )


def last_activation(layer: Any) -> Any:
    """The activation that a model's output has, or None if it is not known."""
    layers = [part for part in getattr(layer, "layers", []) if not isinstance(part, KEEPS_VALUES)]
    return last_activation(layers[-1]) if layers else getattr(layer, "activation", None)


def _name(activation: Any) -> str:
    if isinstance(activation, keras.layers.Layer):
        activation = getattr(activation, "activation", None)
    return activation if isinstance(activation, str) else getattr(activation, "__name__", "")
