"""The precision of models, and copies of models in another precision."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from keras_cae.files import write_atomically
from keras_cae.inner_layers import inner_layers

SINGLE = "float32"
POLICIES = {"float32": SINGLE, "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
"""The dtype policies by their compute dtypes. All of them keep weights in float32."""
ENCODER = "encoder"
"""The constructor argument of models that are created from existing networks."""
CONFIG = "config.json"
"""The member of a `.keras` file that contains the configuration of the model."""
EPSILONS = {"float64": 2.0**-52, "float32": 2.0**-23, "bfloat16": 2.0**-7, "float16": 2.0**-10}
"""The distance from 1 to the next larger number."""


def coarsest_epsilon(model: Any) -> float:
    """Return the distance from 1 to the next larger number in the lowest precision of a model, at most float32."""
    return max(EPSILONS.get(dtype, 0.0) for dtype in (SINGLE, *_compute_dtypes(model)))


def in_single_precision(model: Any) -> Any:
    """Return a model if it computes in float32, and otherwise a copy in float32 with the same weights.

    Args:
        model: an autoencoder or a detector of the library, built.
    """
    if _is_single(model):
        return model
    return _copy(model, _without_policies(keras.saving.serialize_keras_object(model)))


def in_precision(model: Any, policy: str) -> Any:
    """Return a model if it has the given dtype policy, and otherwise a copy with that policy and the same weights.

    Args:
        model: an autoencoder or a detector of the library, built.
        policy: "float32", "mixed_bfloat16" or "mixed_float16".

    Raises:
        ValueError: the policy is one of half precision, but the model was created from existing networks.
    """
    if policy == SINGLE:
        return in_single_precision(model)
    (autoencoder,) = _autoencoders(model)
    if autoencoder.dtype_policy.name == policy:
        return model
    return _copy(model, with_policy(model, policy))


def with_policy(model: Any, policy: str) -> Any:
    """Return the serialized configuration of a model with another dtype policy.

    Args:
        model: an autoencoder or a detector of the library.
        policy: "float32", "mixed_bfloat16" or "mixed_float16".

    Raises:
        ValueError: the model was created from existing networks, which have their own policies.
    """
    serialized = keras.saving.serialize_keras_object(model)
    config = _config_of_autoencoder(serialized)
    if ENCODER in config:
        raise ValueError(
            f"The precision of this {type(_autoencoders(model)[0]).__name__} can't be changed to {policy!r}, because "
            f"it was created from existing networks. Create them under keras.config.set_dtype_policy({policy!r})."
        )
    config["dtype"] = keras.saving.serialize_keras_object(keras.DTypePolicy(policy))
    return serialized


def has_given_networks(model: Any) -> bool:
    """Return whether an autoencoder, or the autoencoder of a detector, was created from existing networks."""
    return ENCODER in _config_of_autoencoder(keras.saving.serialize_keras_object(model))


def save_in_single_precision(model: Any, path: str | Path) -> None:
    """Save a model as a `.keras` file in float32, with the same weights and optimizer state.

    CPUs without hardware support for half precision are many times slower in it than in float32.

    Args:
        model: an autoencoder or a detector of the library, built.
        path: the file, ending in `.keras`.
    """
    model.save(path)
    if _is_single(model):
        return
    with (
        write_atomically(path) as unfinished,
        zipfile.ZipFile(path) as saved,
        zipfile.ZipFile(unfinished, "w") as single,
    ):
        for part in saved.infolist():
            content = saved.read(part)
            if part.filename == CONFIG:
                content = json.dumps(_with_scaled_loss(_without_policies(json.loads(content)), model)).encode()
            single.writestr(part, content)


def _config_of_autoencoder(serialized: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = serialized["config"]
    return config["autoencoder"]["config"] if "autoencoder" in config else config


def _with_scaled_loss(serialized: dict[str, Any], model: Any) -> dict[str, Any]:
    """Return a configuration whose optimizer has the same state variables as that of the model.

    Keras wraps the optimizer of a float16 model in a `LossScaleOptimizer` automatically. For a float32 model, the
    wrapper must be part of the configuration.
    """
    optimizer = getattr(model, "optimizer", None)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and serialized.get("compile_config"):
        serialized["compile_config"]["optimizer"] = keras.saving.serialize_keras_object(optimizer)
    return serialized


def _is_single(model: Any) -> bool:
    return all(dtype == SINGLE for dtype in _compute_dtypes(model) if dtype in EPSILONS)


def _copy(model: Any, serialized: Any) -> Any:
    """Return a model created from a configuration, with the weights and the input checks of another model."""
    copy = keras.saving.deserialize_keras_object(serialized)
    copy.build_from_config(model.get_build_config())
    copy.set_weights(model.get_weights())
    for old, new in zip(_autoencoders(model), _autoencoders(copy), strict=True):
        new._gate.load_state(old._gate.state())
    return copy


def _compute_dtypes(model: Any) -> set[str]:
    return {layer.compute_dtype for layer in (model, *inner_layers(model)) if hasattr(layer, "compute_dtype")}


def _autoencoders(model: Any) -> list[Any]:
    """Return a list of the model, or of the autoencoder of a detector."""
    return [getattr(model, "autoencoder", model)]


def _without_policies(config: Any) -> Any:
    """Return a configuration with all dtypes and policies replaced by float32."""
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
