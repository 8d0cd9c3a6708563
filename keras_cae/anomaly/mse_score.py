"""The squared error as a score."""

import keras

from keras_cae.anomaly.score import Score


@keras.saving.register_keras_serializable(package="keras_cae")
class MSEScore(Score):
    """The squared error of each pixel, averaged over channels; by name "mse".

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Example:

    >>> isinstance(keras_cae.anomaly.get("mse"), keras_cae.anomaly.MSEScore)
    True
    """
