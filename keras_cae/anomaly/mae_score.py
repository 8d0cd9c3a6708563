"""The absolute error as a score."""

from typing import Any

import keras

from keras_cae.anomaly.score import Score
from keras_cae.anomaly.seen import Seen


@keras.saving.register_keras_serializable(package="keras_cae")
class MAEScore(Score):
    """The absolute error of each pixel, averaged over channels; by name "mae".

    A few large errors have less influence than with `MSEScore`.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Example:

    >>> isinstance(keras_cae.anomaly.get("mae"), keras_cae.anomaly.MAEScore)
    True
    """

    def error_map(self, seen: Seen) -> Any:
        return seen.absolute_errors
