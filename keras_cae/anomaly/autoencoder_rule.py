"""The check of a detector's autoencoder."""

from typing import Any

import keras

from keras_cae.models.cae import CAE


def autoencoder(value: Any, name: str) -> CAE:
    """Validate the autoencoder: a `CAE` or its configuration."""
    value = keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
    if not isinstance(value, CAE):
        raise TypeError(
            f"{name} must be a model of keras_cae.models, got {value!r}. Wrap your own networks in "
            "keras_cae.models.CAE(encoder, decoder)."
        )
    return value
