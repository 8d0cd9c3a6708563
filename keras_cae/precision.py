"""Copies that compute in float32."""

from typing import Any

import keras

SINGLE = "float32"


def in_single_precision(model: Any) -> Any:
    """The model itself if it computes in float32, else a copy of it that does, with the same weights.

    Args:
        model: an autoencoder or a detector of the library, built.
    """
    config = keras.saving.serialize_keras_object(model)
    policies = _policies(config)
    if all(policy == SINGLE for policy in policies):
        return model
    copy = keras.saving.deserialize_keras_object(_without_policies(config))
    copy.build_from_config(model.get_build_config())
    copy.set_weights(model.get_weights())
    for old, new in zip(_autoencoders(model), _autoencoders(copy), strict=True):
        new.gate.load_state(old.gate.state())
    return copy


def _autoencoders(model: Any) -> list[Any]:
    """The model, or the autoencoder of a detector."""
    return [getattr(model, "autoencoder", model)]


def _is_policy(config: Any) -> bool:
    return isinstance(config, dict) and config.get("class_name") in ("DTypePolicy", "FloatDTypePolicy")


def _policies(config: Any) -> list[str]:
    """The names of all precisions in a configuration."""
    if _is_policy(config):
        return [config["config"]["name"]]
    if isinstance(config, dict):
        named = [config["dtype"]] if isinstance(config.get("dtype"), str) and "float" in config["dtype"] else []
        return [*named, *(name for value in config.values() for name in _policies(value))]
    if isinstance(config, list | tuple):
        return [name for value in config for name in _policies(value)]
    return []


def _without_policies(config: Any) -> Any:
    """A configuration with float32 for every precision."""
    if _is_policy(config):
        return {**config, "config": {**config["config"], "name": SINGLE}}
    if isinstance(config, dict):
        return {
            key: SINGLE if key == "dtype" and isinstance(value, str) and "float" in value else _without_policies(value)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(_without_policies(value) for value in config)
    return config
