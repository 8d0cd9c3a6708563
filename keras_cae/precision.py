"""The precision in which models compute, and copies that compute in another one."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from keras_cae.files import write_atomically
from keras_cae.inner_layers import inner_layers

SINGLE = "float32"
POLICIES = {"float32": SINGLE, "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
"""The dtype policies by the types in which they compute. All of them keep weights in float32."""
ENCODER = "encoder"
"""The argument of models whose networks are given to them."""
CONFIG = "config.json"
"""The part of a `.keras` file that says how the model is made."""
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
    if _is_single(model):
        return model
    return _copy(model, _without_policies(keras.saving.serialize_keras_object(model)))


def in_precision(model: Any, policy: str) -> Any:
    """The model itself if it has a dtype policy, else a copy of it that does, with the same weights.

    Args:
        model: an autoencoder or a detector of the library, built.
        policy: "float32", "mixed_bfloat16" or "mixed_float16".

    Raises:
        ValueError: the networks of the model were given to it, and are to compute in half precision.
    """
    if policy == SINGLE:
        return in_single_precision(model)
    (autoencoder,) = _autoencoders(model)
    if autoencoder.dtype_policy.name == policy:
        return model
    return _copy(model, with_policy(model, policy))


def with_policy(model: Any, policy: str) -> Any:
    """What Keras makes a model of that is like this one, with another dtype policy and without its weights.

    Args:
        model: an autoencoder or a detector of the library.
        policy: "float32", "mixed_bfloat16" or "mixed_float16".

    Raises:
        ValueError: the networks of the model were given to it, and have policies of their own.
    """
    made = keras.saving.serialize_keras_object(model)
    config = _config_of_autoencoder(made)
    if ENCODER in config:
        raise ValueError(
            f"The networks of this {type(_autoencoders(model)[0]).__name__} were given to it, and compute in the "
            f"precision that they were made in: make them under keras.config.set_dtype_policy({policy!r})."
        )
    config["dtype"] = keras.saving.serialize_keras_object(keras.DTypePolicy(policy))
    return made


def has_given_networks(model: Any) -> bool:
    """Whether the networks of an autoencoder, or of that of a detector, were given to it and not made by it."""
    return ENCODER in _config_of_autoencoder(keras.saving.serialize_keras_object(model))


def save_in_single_precision(model: Any, path: str | Path) -> None:
    """Save a model in a `.keras` file that computes in float32, with the same weights and the state of the optimizer.

    Processors that have no half precision compute it slowly, many times as slowly as float32.

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


def _config_of_autoencoder(made: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = made["config"]
    return config["autoencoder"]["config"] if "autoencoder" in config else config


def _with_scaled_loss(made: dict[str, Any], model: Any) -> dict[str, Any]:
    """A configuration whose optimizer has the same state as that of the model.

    Keras wraps the optimizer of a model in float16 by itself, and takes it for one of the user's in float32 only
    where the configuration says so.
    """
    optimizer = getattr(model, "optimizer", None)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and made.get("compile_config"):
        made["compile_config"]["optimizer"] = keras.saving.serialize_keras_object(optimizer)
    return made


def _is_single(model: Any) -> bool:
    return all(dtype == SINGLE for dtype in _compute_dtypes(model) if dtype in EPSILONS)


def _copy(model: Any, made: Any) -> Any:
    """A model with another configuration, and the weights and the memory of this one."""
    copy = keras.saving.deserialize_keras_object(made)
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
