"""The connected regions of masks.

The detectors and `metrics.AUPRO` use it.
"""

from typing import Any

import tensorflow as tf
from keras import ops


def regions_of(masks: Any) -> Any:
    """Label the connected regions of masks. Pixels that touch at an edge or a corner belong to the same region.

    Args:
        masks: booleans `(n, *spatial)`, with one to three spatial axes.

    Returns:
        Integers of the same shape: 0 outside of the regions, and inside of each region a label that is unique in the
        batch, from 1 to the number of pixels of the batch.
    """
    masks = ops.cast(ops.convert_to_tensor(masks), "bool")
    numbers = tf.reshape(tf.range(1, tf.size(masks) + 1), tf.shape(masks))
    numbers = tf.where(masks, numbers, 0)
    rank = len(masks.shape) - 1

    def spread(current: Any, _: Any) -> Any:
        largest = current
        for axis in range(1, rank + 1):
            largest = _largest_of_three(largest, axis)
        # Pointer jumping: also adopt the label of the pixel to which the current label belongs.
        largest = tf.where(masks, largest, 0)
        jumped = tf.gather(tf.reshape(largest, [-1]), tf.maximum(largest - 1, 0))
        following = tf.where(masks, tf.maximum(largest, jumped), 0)
        return following, tf.reduce_any(tf.not_equal(following, current))

    numbers, _ = tf.while_loop(lambda _, changed: changed, spread, (numbers, tf.constant(True)))
    return numbers


def _largest_of_three(values: Any, axis: int) -> Any:
    """Return the maximum of each value and its two neighbours along an axis."""
    paddings = [(1, 1) if other == axis else (0, 0) for other in range(len(values.shape))]
    padded = tf.pad(values, paddings)
    size = tf.shape(values)[axis]
    parts = [tf.gather(padded, tf.range(start, start + size), axis=axis) for start in range(3)]
    return tf.maximum(tf.maximum(parts[0], parts[1]), parts[2])
