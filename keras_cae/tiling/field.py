"""How far the pixels lie that an output of a network depends on: measured, so that it holds for any network.

The gradient of an output with respect to the image is zero outside of its receptive field. It is zero at some pixels
inside as well, where an activation does not pass it on or pooling chooses another pixel. So it is taken of a network
with other weights, positive ones, which leave every activation on the side where it passes gradients on; of images that
rise or fall from one end to the other, of which pooling chooses the last or the first pixel of each window; and for
each place that an output can have relative to the strides. The model keeps its weights.
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
"""By how much layers that are measured make their inputs larger: what saturates at one may not at another."""
SHIFT = 2.0
"""Added to normalized values, which are around zero, so that activations pass them on."""
PHASES_AT_ONCE = 8
SMALLEST_SIDE = 64
LARGEST_SIDE = {1: 65536, 2: 2048, 3: 1024}
"""By rank, the image at which measuring ends: a network that sees all of it sees all of any."""
UNITS = {1: 192, 2: 192, 3: 48}
"""By rank, what sides of images are multiples of where the period is not known: networks halve them, or take thirds."""
SAME = 1e-5
"""How far outputs of a shifted image may differ, relative to the largest one, by rounding."""

Outputs = Callable[[Any, Any], Any]
"""From an autoencoder and a batch of images to outputs, through which gradients flow."""


class Reach(NamedTuple):
    """How many pixels before and after its own an output depends on, along one axis."""

    before: int
    after: int

    @property
    def extent(self) -> int:
        """The number of pixels."""
        return self.before + self.after + 1


class NotMeasurableError(ValueError):
    """The receptive field of a network can't be measured.

    Args:
        reason: why.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The receptive field of the network can't be measured: {reason}. Give the overlap of tiles yourself, "
            "overlap=..., as large as the network needs it."
        )


class Probe:
    """Measures a network that takes images of any size.

    Args:
        autoencoder: the `CAE`, which is built.
        outputs: what is measured.
        periods: periods of each axis; None for those that are not known.
        cells: how many pixels an output stands for along each axis.
        pads: whether the network itself makes sides of images multiples of the period.
    """

    def __init__(
        self, autoencoder: Any, outputs: Outputs, periods: Any, cells: tuple[int, ...], pads: bool = False
    ) -> None:
        self.autoencoder = precise(autoencoder)
        self.outputs = outputs
        self.rank = autoencoder.rank
        self.channels = autoencoder.built_shape[-1]
        self.periods = list(periods or [None] * self.rank)
        self.cells = cells
        self.pads = pads

    def reach(self, axis: int) -> Reach | None:
        """Return how far an output depends on pixels along an axis, normalization aside; None if without limit.

        Where the period is not known, it is that of one output, in images of certain sizes.
        """
        found: list[Reach] = []
        problem: NotMeasurableError | None = None
        # Convolutions with strides are padded differently for other remainders of the size.
        for remainder in range(1 if self.pads else self.periods[axis] or 1):
            try:
                part = self._limited_reach(axis, remainder)
            except NotMeasurableError as error:  # Of sizes that the network does not take.
                problem = error
                continue
            if part is None:
                return None
            found.append(part)
        if problem is not None and not found:
            raise problem
        return Reach(max(part.before for part in found), max(part.after for part in found))

    def _limited_reach(self, axis: int, remainder: int) -> Reach | None:
        """Return how far an output depends on pixels, in images as large as need be to see it."""
        unit = self._unit(axis)
        side = math.ceil(SMALLEST_SIDE / unit) * unit
        while side <= max(LARGEST_SIDE[self.rank], 4 * unit):
            with constant_moments():
                found = self._reach(axis, 2 * side + remainder)
            if found is not None:
                return found
            side *= 2
        return None

    def sees_everything(self, axis: int, reach: Reach) -> bool:
        """Return whether an output depends on pixels beyond its reach by what a normalization measures of the image."""
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
        for start in range(0, len(places), PHASES_AT_ONCE):
            chosen = places[start : start + PHASES_AT_ONCE]
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
        """Return which pixels along an axis the outputs at some places depend on, `(places, side)`.

        Args:
            axis: the axis.
            side: side of the images along it.
            places: places of the outputs.
            gain: gain of the weights.
            end: the last value of the images, which rise or fall to it in a straight line around 0.6.
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
        """Return images that have values along an axis, and are narrow along the others."""
        sides = [math.ceil(8 / period) * period if period else UNITS[self.rank] for period in self.periods]
        sides[axis] = len(values)
        shape = [1] * (self.rank + 2)
        shape[axis + 1] = len(values)
        images = np.broadcast_to(values.reshape(shape), (count, *sides, self.channels))
        return images.astype(self.autoencoder.variable_dtype)

    def _outputs(self, images: Any) -> Any:
        """Return what is measured, of images around one."""
        try:
            outputs = self.outputs(self.autoencoder, self._in_unit(images))
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            size = size_in_words(images.shape[1:-1])
            raise NotMeasurableError(f"it does not take images of {size}, with which that is done") from error
        found = tuple(outputs.shape[1 : self.rank + 1])
        expected = tuple(-(-side // cell) for side, cell in zip(images.shape[1:-1], self.cells, strict=True))
        if found != expected:
            raise NotMeasurableError(
                f"of images of {size_in_words(images.shape[1:-1])} it makes {size_in_words(found)} outputs, where "
                f"{size_in_words(expected)} were expected"
            )
        return outputs

    def _in_unit(self, images: Any) -> Any:
        """Return values around one in the unit of the data, for a model with a normalizer."""
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

    # The period of networks that don't tell it

    def find_periods(self) -> bool:
        """Learn by how many pixels an image can be shifted, so that its outputs are shifted and the same.

        Returns:
            Whether there is such a number for every axis.
        """
        for axis in range(self.rank):
            self.periods[axis] = self._period(axis)
        return None not in self.periods

    def _period(self, axis: int) -> int | None:
        reach = self.reach(axis)
        if reach is None:
            return None
        unit = UNITS[self.rank]
        before, after = reach.before + unit, reach.after + unit  # Those of other outputs, at most.
        side, cell = math.ceil((before + after) / unit + 2) * unit, self.cells[axis]
        values = np.random.default_rng(0).random(side)
        first, last = -(-(before + unit) // cell), (side - after) // cell
        with self._positive_weights(1.0), constant_moments():
            kept = self._along(axis, values)[first:last]
            for period in range(cell, unit + 1, cell):
                with contextlib.suppress(NotMeasurableError):  # Of sizes that the network does not take.
                    moved = self._along(axis, values[period:])[first - period // cell : last - period // cell]
                    if np.allclose(kept, moved, rtol=0, atol=SAME * kept.max()):
                        return period
        return None

    def _along(self, axis: int, values: np.ndarray) -> np.ndarray:
        images = tf.constant(self._images(axis, values, 1))
        outputs = np.asarray(self._outputs(images), "float64")[0]
        return np.moveaxis(outputs, axis, 0).reshape(outputs.shape[axis], -1)


def _positive(weight: Any, gain: float, generator: np.random.Generator) -> np.ndarray:
    """Return values for a weight with which layers keep the size of positive inputs."""
    shape, name = tuple(weight.shape), weight.name
    if "bias" in name or "mean" in name:
        return np.zeros(shape)
    if "beta" in name:
        return np.full(shape, SHIFT)
    if len(shape) < 2:
        return np.ones(shape)
    fan = math.prod(shape[:-2]) * max(shape[-2:])
    return generator.uniform(0.5, 1.5, shape) * gain / fan


def precise(autoencoder: Any) -> Any:
    """Return the autoencoder in float32, since small gradients vanish in half precision."""
    try:
        return in_single_precision(autoencoder)
    except (TypeError, ValueError) as error:
        raise NotMeasurableError(
            "its layers compute in half precision, where small gradients vanish, and can't be recreated in float32, "
            "for which keras.saving.register_keras_serializable is needed"
        ) from error
