"""The area under the per-region overlap curve."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.compatibility import declare_direction
from keras_cae.images import compatible
from keras_cae.metrics.measured_mean import nan_unless
from keras_cae.regions import regions_of
from keras_cae.validation import share_up_to_one, text

DROPPED_BITS = 14
"""The number of bits of a float32 that are dropped to sort values into 2^18 bins with a relative width of 0.2 %."""
BINS = 2 ** (32 - DROPPED_BITS)
LARGEST_LABEL = 127
"""If a mask has values above this one, it is an image in which only these values are defects."""


@keras.saving.register_keras_serializable(package="keras_cae")
class AUPRO(keras.metrics.Metric):
    """AUPRO: how well maps localize the defects in masks, with equal weight for small and large defects.

    At each threshold, the overlap of a defect, which is a connected region of a mask, is the share of its pixels above
    the threshold. The curve shows the mean overlap over all defects against the share of normal pixels above the
    threshold. The metric is the area under the curve up to a share of `limit`, divided by `limit`. It is 1 if every
    defect stands out (Bergmann et al. 2020, "Uninformed Students"). Pixels belong to the same region if they touch at
    an edge or a corner.

    Memory does not depend on the amount of data, because values are sorted into bins with a relative width of 0.2 %.
    The result is NaN unless there were both defects and normal pixels.

    Args:
        limit: share of normal pixels above the threshold up to which the curve is integrated.
        name: name of the metric, under which it is logged.
        **kwargs: arguments of `keras.metrics.Metric`.

    Input shape: masks and maps `(n, height, width)`, or the equivalent for signals or volumes; an axis of one channel
    may follow. In masks, values above 127 are defects if there are any in the batch; otherwise, all values but 0 are.

    Raises:
        ValueError: `limit` is not above 0 and up to 1, masks and maps differ in shape, or there are weights.

    Example:

    >>> metric = keras_cae.metrics.AUPRO()
    >>> masks = np.zeros((1, 8, 8), bool)
    >>> masks[0, 2:4, 2:5] = True
    >>> metric.update_state(masks, masks + 0.1)
    >>> float(metric.result())
    1.0
    """

    def __init__(self, limit: float = 0.3, name: str = "aupro", **kwargs: Any) -> None:
        super().__init__(name=text(name, "name"), **kwargs)
        self.limit = share_up_to_one(limit, "limit")
        declare_direction(self, "max")
        # The sum of overlaps, over all bins the number of defects, and the number of normal pixels in each bin.
        self.overlaps, self.normal = (
            self.add_weight(shape=(BINS,), initializer="zeros", dtype="float64", name=each)
            for each in ("overlaps", "normal")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: masks.
            y_pred: maps, with larger values at defects.
            sample_weight: must be None.
        """
        if sample_weight is not None:
            raise ValueError("AUPRO does not support sample_weight.")
        masks, maps = (_without_channel(ops.convert_to_tensor(values)) for values in (y_true, y_pred))
        if not compatible(masks.shape, maps.shape):
            raise ValueError(
                f"AUPRO needs masks and maps of the same shape, got {tuple(masks.shape)} and {tuple(maps.shape)}."
            )
        masks = _defects(masks)
        bins = tf.reshape(bin_of(maps), [-1])
        for total, weights in ((self.overlaps, _shares_of_regions(masks)), (self.normal, tf.logical_not(masks))):
            weights = tf.reshape(tf.cast(weights, "float64"), [-1])
            total.assign(total + tf.math.unsorted_segment_sum(weights, bins, BINS))

    def result(self) -> Any:
        overlap, false = (tf.cumsum(total.value, reverse=True) for total in (self.overlaps, self.normal))
        measured = ops.logical_and(overlap[0] > 0, false[0] > 0)
        zero = tf.zeros(1, "float64")
        overlap, false = (tf.concat([zero, tf.math.divide_no_nan(t[::-1], t[0])], 0) for t in (overlap, false))
        # The steps of the curve up to the limit. The last step is interpolated.
        step = tf.minimum(false[1:], self.limit) - tf.minimum(false[:-1], self.limit)
        share = tf.math.divide_no_nan(step, false[1:] - false[:-1])
        height = overlap[:-1] + share * (overlap[1:] - overlap[:-1]) / 2
        return nan_unless(measured, ops.cast(tf.reduce_sum(step * height) / self.limit, "float32"))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "limit": self.limit}


def bin_of(values: Any) -> Any:
    """Return the index of each value's bin. The indices are in the order of the values."""
    bits = tf.bitcast(tf.cast(values, "float32") + 0.0, "int32")
    # Interpreted as integers, the bits of floats have the order of the floats, reversed for negative floats.
    ordered = tf.where(bits < 0, tf.bitwise.bitwise_xor(bits, 0x7FFFFFFF), bits)
    return tf.bitwise.right_shift(ordered, DROPPED_BITS) + BINS // 2


def _shares_of_regions(masks: Any) -> Any:
    """Return 1 / n for each pixel of a region of n pixels, and 0 for all other pixels."""
    regions = regions_of(masks)
    flat = tf.reshape(regions, [-1])
    sizes = tf.math.unsorted_segment_sum(tf.ones_like(flat, "float64"), flat, tf.size(flat) + 1)
    return tf.where(masks, 1 / tf.maximum(tf.gather(sizes, regions), 1), 0)


def _defects(masks: Any) -> Any:
    if masks.dtype == tf.bool:
        return masks
    masks = tf.cast(masks, "float32")
    return masks > tf.where(tf.reduce_max(masks) > LARGEST_LABEL, float(LARGEST_LABEL), 0.0)


def _without_channel(values: Any) -> Any:
    return values[..., 0] if len(values.shape) > 2 and values.shape[-1] == 1 else values
