"""Descriptions and hyperparameters of models."""

import math
import platform
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.version import __version__

UNREMARKABLE = ("name", "trainable", "dtype", "encoder", "decoder", "module", "seed")
"""The entries of configurations that are not hyperparameters."""


def card(model: keras.Model) -> str:
    """Return a description of a built and compiled model in Markdown."""
    summary: list[str] = []
    model.summary(expand_nested=True, print_fn=lambda line, **_: summary.append(line))
    parts = {
        "Model": _facts(model),
        "Compiled with": model.get_compile_config() if model.compiled else None,
        "Versions": {
            "keras_cae": __version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    tables = [_table(title, values) for title, values in parts.items() if values]
    return "\n\n".join([f"# {type(model).__name__}", *tables, "```\n" + "\n".join(summary).strip() + "\n```\n"])


def hyperparameters(model: keras.Model, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters of a training run: numbers, strings and booleans by their names.

    Args:
        model: a built and compiled model.
        params: the parameters of `fit` that callbacks receive.
    """
    compiled = model.get_compile_config() or {}
    optimizer = compiled.get("optimizer") or {}
    optimizer = optimizer.get("config", {}).get("inner_optimizer", optimizer)
    rate = optimizer.get("config", {}).get("learning_rate") if isinstance(optimizer, dict) else None
    values = {
        "model": type(model).__name__,
        **(_configuration(model)),
        "parameters": model.count_params(),
        "precision": model.dtype_policy.name,
        "optimizer": optimizer,
        "learning_rate": rate,
        "loss": compiled.get("loss"),
        "epochs": params.get("epochs"),
        "steps_per_epoch": params.get("steps"),
    }
    return {name: _comparable(value) for name, value in values.items() if value is not None}


def _configuration(model: keras.Model) -> dict[str, Any]:
    """Return the arguments of a model, without its networks."""
    if isinstance(model, keras.Sequential) or type(model) is keras.Model:
        return {}
    try:
        config = model.get_config()
    except NotImplementedError:
        return {}
    return {name: value for name, value in config.items() if name not in UNREMARKABLE}


def _facts(model: keras.Model) -> dict[str, Any]:
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    facts: dict[str, Any] = {
        "parameters": f"{model.count_params():,}",
        "trainable parameters": f"{trainable:,}",
        "precision": model.dtype_policy.name,
    }
    shape = getattr(model, "built_shape", None)
    if not isinstance(shape, tuple):
        return facts
    facts["image"] = _sizes(shape[1:])
    if None not in shape[1:]:
        code = model.encode(tf.zeros((1, *shape[1:]), model.variable_dtype)).shape[1:]
        facts["code"] = _sizes(code)
        facts["compression"] = f"{math.prod(shape[1:]) / math.prod(code):.4g} values of an image per value of the code"
    return facts


def _sizes(shape: Any) -> str:
    sizes = " × ".join("any" if size is None else str(size) for size in shape)
    if None in shape:
        return sizes
    return f"{sizes} values" if len(shape) == 1 else f"{sizes} = {math.prod(shape):,} values"


def _table(title: str, values: Mapping[str, Any]) -> str:
    rows = [f"| {name} | {_in_table(value)} |" for name, value in values.items() if value is not None]
    return "\n".join([f"| {title} | |", "| --- | --- |", *rows])


def _in_table(value: Any) -> str:
    return _plain(value).replace("|", "\\|")


def _comparable(value: Any) -> bool | int | float | str:
    """Return a value that TensorBoard can compare: layers and functions by their names, sequences as text."""
    if isinstance(value, float):
        return float(f"{value:.6g}")  # 0.001 instead of float32's 0.0010000000474974513
    if isinstance(value, bool | int | str):
        return value
    return str(value["class_name"]) if _is_object(value) else _plain(value)


def _plain(value: Any) -> str:
    """Return a value of a configuration roughly as it would be written in Python."""
    if _is_object(value):
        if value["class_name"] == "function":
            return str(value["config"])
        config = value["config"] if isinstance(value["config"], dict) else {}
        return f"{value['class_name']}({', '.join(_arguments(config))})"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _arguments(config: Mapping[str, Any]) -> Iterator[str]:
    for name, value in config.items():
        if value is not None and name not in UNREMARKABLE:
            yield f"{name}={_plain(value)}"


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and {"class_name", "config"} <= set(value)
