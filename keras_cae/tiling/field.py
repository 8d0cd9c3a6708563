"""Measurement of the receptive field, which works for any network.

The gradient of an output with respect to the image is zero outside of its receptive field. It may also be zero inside,
where an activation blocks it or pooling selects another pixel. The gradient is therefore computed

- with other weights, which are positive, so that activations stay in the range in which gradients pass;
- for images whose values rise or fall along the axis, so that pooling selects the last or the first pixel of a window;
- for each position of an output relative to the strides.

The weights of the model are not changed.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_cae.layers.data_scale import DataScale
from keras_cae.layers.image_group_normalization import constant_moments
from keras_cae.precision import in_single_precision
from keras_cae.ranks import size_in_words

GAINS = (1.0, 0.5)
"""The gains of the layers in the measurement. An activation that saturates with one gain may not with the other."""
SHIFT = 2.0
"""The offset that is added to normalized values, which are centred around zero, so that activations pass them."""
PHASES_PER_BATCH = 8
SMALLEST_SIDE = 64
LARGEST_SIDE = {1: 65536, 2: 2048, 3: 1024}
"""The largest measured side by rank. A network that depends on all of such an image has no limited field."""
UNITS = {1: 192, 2: 192, 3: 48}
"""The number by rank that divides the sides of images if the period is unknown. Networks may divide by 2 or 3."""
SAME = 1e-5
"""The tolerance for rounding of the outputs of a shifted image, relative to the largest output."""

Outputs = Callable[[Any, Any], Any]
"""Maps an autoencoder and a batch of images to outputs that are differentiable."""


class Reach(NamedTuple):
    """The number of pixels before and after its position on which an output depends along one axis."""

    before: int
    after: int

    @property
    def extent(self) -> int:
        """The total number of pixels."""
        return self.before + self.after + 1


class NotMeasurableError(ValueError):
    """The receptive field of a network can't be measured.

    Args:
        reason: why.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The receptive field of the network can't be measured: {reason}. Pass the overlap that the network needs, "
            "overlap=..."
        )


class Probe:
    """Measures a network that accepts images of any size.

    Args:
        autoencoder: the built `CAE`.
        outputs: the measured function.
        periods: period of each axis, or None if it is unknown.
        cells: number of pixels per output along each axis.
        pads: whether the network pads images to multiples of the period.
    """

    def __init__(
        self, autoencoder: Any, outputs: Outputs, periods: Any, cells: tuple[int, ...], pads: bool = False
    ) -> None:
        self.autoencoder = in_float32(autoencoder)
        self.outputs = outputs
        self.rank = autoencoder.rank
        self.channels = autoencoder.built_shape[-1]
        self.periods = list(periods or [None] * self.rank)
        self.cells = cells
        self.pads = pads

    def reach(self, axis: int) -> Reach | None:
        """Return the receptive field along an axis, ignoring normalization; None if it is unlimited.

        If the period is unknown, it is the receptive field of a single output in images of certain sizes.
        """
        found: list[Reach] = []
        problem: NotMeasurableError | None = None
        # The padding of strided convolutions depends on the remainder of the size.
        for remainder in range(1 if self.pads else self.periods[axis] or 1):
            try:
                part = self._limited_reach(axis, remainder)
            except NotMeasurableError as error:  # The network does not accept this size.
                problem = error
                continue
            if part is None:
                return None
            found.append(part)
        if problem is not None and not found:
            raise problem
        return Reach(max(part.before for part in found), max(part.after for part in found))

    def _limited_reach(self, axis: int, remainder: int) -> Reach | None:
        """Return the receptive field, measured in images of increasing size; None if it is unlimited."""
        unit = self._unit(axis)
        side = math.ceil(SMALLEST_SIDE / unit) * unit
        while side <= max(LARGEST_SIDE[self.rank], 4 * unit):
            with constant_moments():
                found = self._reach(axis, 2 * side + remainder)
            if found is not None:
                return found
            side *= 2
        return None

    def depends_on_whole_image(self, axis: int, reach: Reach) -> bool:
        """Return whether outputs depend on pixels beyond their reach because of normalization statistics."""
        unit = self._unit(axis)
        return self._reach(axis, math.ceil((2 * reach.extent + 2) / unit + 2) * unit) is None

    def _unit(self, axis: int) -> int:
        return self.periods[axis] or UNITS[self.rank]

    def _reach(self, axis: int, side: int) -> Reach | None:
        unit = self._unit(axis)
        step = math.lcm(unit, self.cells[axis])
        center = side // 2 // step * step
        places = np.arange(center, center + (self.periods[axis] or 1), self.cells[axis])
        before = after = 0
        for start in range(0, len(places), PHASES_PER_BATCH):
            chosen = places[start : start + PHASES_PER_BATCH]
            seen = np.any([self._seen(axis, side, chosen, gain, end) for gain in GAINS for end in (0.2, 1.0)], axis=0)
            if not seen.any(axis=1).all():
                raise NotMeasurableError("no gradient flows from its outputs to the image")
            first, last = seen.argmax(axis=1), side - 1 - seen[:, ::-1].argmax(axis=1)
            if not first.min() or last.max() == side - 1:
                return None
            before = max(before, int((chosen - first).max()))
            after = max(after, int((last - chosen).max()))
        return Reach(before, after)

    def _seen(self, axis: int, side: int, places: np.ndarray, gain: float, end: float) -> np.ndarray:
        """Return the pixels along an axis on which the outputs at some positions depend: booleans `(places, side)`.

        Args:
            axis: the axis.
            side: side of the images along the axis.
            places: positions of the outputs.
            gain: gain of the weights.
            end: last value of the images, whose values change linearly along the axis around a mean of 0.6.
        """
        images = tf.constant(self._images(axis, np.linspace(1.2 - end, end, side), len(places)))
        with self._positive_weights(gain), tf.GradientTape() as tape:
            tape.watch(images)
            outputs = tf.cast(self._outputs(images), "float32")
            chosen = [
                tf.reduce_sum(tf.gather(outputs[index], place // self.cells[axis], axis=axis))
                for index, place in enumerate(places)
            ]
            total = tf.add_n(chosen)
        gradient = tape.gradient(total, images)
        others = tuple(each for each in range(1, self.rank + 2) if each != axis + 1)
        return (
            np.zeros((len(places), side), bool) if gradient is None else np.any(np.asarray(gradient) != 0, axis=others)
        )

    def _images(self, axis: int, values: np.ndarray, count: int) -> np.ndarray:
        """Return images with the given values along an axis, which are narrow along the other axes."""
        sides = [math.ceil(8 / period) * period if period else UNITS[self.rank] for period in self.periods]
        sides[axis] = len(values)
        shape = [1] * (self.rank + 2)
        shape[axis + 1] = len(values)
        images = np.broadcast_to(values.reshape(shape), (count, *sides, self.channels))
        return images.astype(self.autoencoder.variable_dtype)

    def _outputs(self, images: Any) -> Any:
        """Return the measured outputs for images with values around one."""
        try:
            outputs = self.outputs(self.autoencoder, self._in_unit(images))
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            size = size_in_words(images.shape[1:-1])
            raise NotMeasurableError(f"it does not accept the images of {size} that are used for it") from error
        found = tuple(outputs.shape[1 : self.rank + 1])
        expected = tuple(-(-side // cell) for side, cell in zip(images.shape[1:-1], self.cells, strict=True))
        if found != expected:
            raise NotMeasurableError(
                f"for images of {size_in_words(images.shape[1:-1])} it returns {size_in_words(found)} outputs, where "
                f"{size_in_words(expected)} were expected"
            )
        return outputs

    def _in_unit(self, images: Any) -> Any:
        """Convert values around one to the unit of the data if the model has a normalizer."""
        normalizer = self.autoencoder.normalizer
        dtype = self.autoencoder.variable_dtype
        return images if normalizer is None else DataScale(normalizer, inverse=True, dtype=dtype)(images)

    @contextlib.contextmanager
    def _positive_weights(self, gain: float) -> Iterator[None]:
        generator = np.random.default_rng(0)
        weights = [weight for weight in self.autoencoder.weights if "float" in str(weight.dtype)]
        values = [(weight, tf.constant(_positive(weight, gain, generator), weight.dtype)) for weight in weights]
        with tf.device("CPU:0"), keras.StatelessScope(state_mapping=values):
            yield

    # The period of networks for which it is unknown

    def find_periods(self) -> bool:
        """Find the smallest shift of an image in pixels that shifts the outputs without changing them otherwise.

        Returns:
            Whether there is such a shift for each axis.
        """
        for axis in range(self.rank):
            self.periods[axis] = self._period(axis)
        return None not in self.periods

    def _period(self, axis: int) -> int | None:
        reach = self.reach(axis)
        if reach is None:
            return None
        unit = UNITS[self.rank]
        before, after = reach.before + unit, reach.after + unit  # An upper bound for all other outputs.
        side, cell = math.ceil((before + after) / unit + 2) * unit, self.cells[axis]
        values = np.random.default_rng(0).random(side)
        first, last = -(-(before + unit) // cell), (side - after) // cell
        with self._positive_weights(1.0), constant_moments():
            kept = self._along(axis, values)[first:last]
            for period in range(cell, unit + 1, cell):
                with contextlib.suppress(NotMeasurableError):  # The network does not accept this size.
                    moved = self._along(axis, values[period:])[first - period // cell : last - period // cell]
                    if np.allclose(kept, moved, rtol=0, atol=SAME * kept.max()):
                        return period
        return None

    def _along(self, axis: int, values: np.ndarray) -> np.ndarray:
        images = tf.constant(self._images(axis, values, 1))
        outputs = np.asarray(self._outputs(images), "float64")[0]
        return np.moveaxis(outputs, axis, 0).reshape(outputs.shape[axis], -1)


def _positive(weight: Any, gain: float, generator: np.random.Generator) -> np.ndarray:
    """Return values for a weight with which layers preserve the magnitude of positive inputs."""
    shape, name = tuple(weight.shape), weight.name
    if "bias" in name or "mean" in name:
        return np.zeros(shape)
    if "beta" in name:
        return np.full(shape, SHIFT)
    if len(shape) < 2:
        return np.ones(shape)
    fan = math.prod(shape[:-2]) * max(shape[-2:])
    return generator.uniform(0.5, 1.5, shape) * gain / fan


def in_float32(autoencoder: Any) -> Any:
    """Return the autoencoder in float32, because small gradients vanish in half precision."""
    try:
        return in_single_precision(autoencoder)
    except (TypeError, ValueError) as error:
        raise NotMeasurableError(
            "small gradients vanish in the half precision of its layers, which can't be recreated in float32 because "
            "they are not registered with keras.saving.register_keras_serializable"
        ) from error
