"""What Keras offers its own parts only, in one place: the library touches nothing else that is private."""

import keras

from keras_cae.validation import one_of

KERAS_DIRECTIONS = {"max": "up", "min": "down"}


def declare_direction(metric: keras.metrics.Metric, direction: str) -> None:
    """Tell Keras whether larger or smaller values of a metric are better.

    `EarlyStopping`, `ModelCheckpoint` and `ReduceLROnPlateau` with `mode="auto"` read the attribute
    `_direction` of the monitored metric (Keras 3.15, keras/src/callbacks/monitor_callback.py) and refuse to
    guess without it. Keras offers no public way to set it. A Keras that reads something else leaves these
    callbacks asking for `mode`; nothing else depends on it.

    Args:
        metric: the metric.
        direction: "max" if larger values are better, "min" if smaller ones are.

    Raises:
        ValueError: the direction is another one.
    """
    direction = one_of(direction, "direction", tuple(KERAS_DIRECTIONS))
    metric._direction = KERAS_DIRECTIONS[direction]
