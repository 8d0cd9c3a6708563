"""The precision in which models compute, and copies that compute in float32."""

from typing import Any

import keras

from keras_cae.inner_layers import inner_layers

SINGLE = "float32"
EPSILONS = {"float64": 2.0**-52, "float32": 2.0**-23, "bfloat16": 2.0**-7, "float16": 2.0**-10}
"""The distance from 1 to the next larger number."""


def coarsest_epsilon(model: Any) -> float:
    """The distance from 1 to the next larger number in the coarsest precision of a model, float32 at best."""
    return max(EPSILONS.get(dtype, 0.0) for dtype in (SINGLE, *_compute_dtypes(model)))


def in_single_precision(model: Any) -> Any:
    """The model itself if it computes in float32, else a copy of it that does, with the same weights.

    Args:
        model: an autoencoder or a detector of the library, built.
    """
    if all(dtype == SINGLE for dtype in _compute_dtypes(model) if dtype in EPSILONS):
        return model
    copy = keras.saving.deserialize_keras_object(_without_policies(keras.saving.serialize_keras_object(model)))
    copy.build_from_config(model.get_build_config())
    copy.set_weights(model.get_weights())
    for old, new in zip(_autoencoders(model), _autoencoders(copy), strict=True):
        new._gate.load_state(old._gate.state())
    return copy


def _compute_dtypes(model: Any) -> set[str]:
    return {layer.compute_dtype for layer in (model, *inner_layers(model)) if hasattr(layer, "compute_dtype")}


def _autoencoders(model: Any) -> list[Any]:
    """The model, or the autoencoder of a detector."""
    return [getattr(model, "autoencoder", model)]


def _without_policies(config: Any) -> Any:
    """A configuration with float32 for every precision."""
    if isinstance(config, dict) and config.get("class_name") in ("DTypePolicy", "FloatDTypePolicy"):
        return {**config, "config": {**config["config"], "name": SINGLE}}
    if isinstance(config, dict):
        return {
            key: SINGLE if key == "dtype" and isinstance(value, str) and "float" in value else _without_policies(value)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(_without_policies(value) for value in config)
    return config
