"""What a detector can be made around."""

from typing import Any

import keras

from keras_cae.models.cae import CAE


def autoencoder(value: Any, name: str) -> CAE:
    """Validate the autoencoder: a `CAE`, or the configuration of one."""
    value = keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
    if not isinstance(value, CAE):
        raise TypeError(
            f"{name} must be a model of keras_cae.models, got {value!r}. Networks of your own become one with "
            "keras_cae.models.CAE(encoder, decoder)."
        )
    return value
