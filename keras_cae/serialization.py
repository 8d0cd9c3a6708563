"""Conversion between layers or activations and the plain values in configurations.

The layers, the models and the anomaly scores use it.
"""

from collections.abc import Callable
from typing import Any

import keras


def serialize_layer(layer: Any) -> Any:
    """Return the configuration of a layer; None stays None."""
    return None if layer is None else keras.saving.serialize_keras_object(layer)


def deserialize_layer(value: Any) -> Any:
    """Return the layer for a configuration; layers and None are returned unchanged."""
    return keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value


def build_once(layer: keras.layers.Layer, input_shape: Any) -> None:
    """Build a layer unless it is already built, as layers are that were loaded from a file."""
    if not layer.built:
        layer.build(input_shape)


def layer(value: Any, name: str) -> keras.layers.Layer:
    """Validate a Keras layer, which may be given as its configuration."""
    if isinstance(value, dict):
        value = keras.saving.deserialize_keras_object(value)
    if isinstance(value, type) or not isinstance(value, keras.layers.Layer):
        remedy = " Pass an instance of the class." if isinstance(value, type) else ""
        raise TypeError(f"{name} must be a keras.layers.Layer, got {value!r}.{remedy}")
    if isinstance(value, keras.layers.Lambda):
        raise TypeError(
            f"{name} must be a layer that can be saved and loaded, got a keras.layers.Lambda. Move the function to the "
            "call method of a subclass of keras.layers.Layer."
        )
    return value


def activation(value: Any, name: str) -> Callable[[Any], Any] | keras.layers.Layer:
    """Validate an activation: a name, a callable, a layer, or the configuration of one of these.

    Raises:
        ValueError: the value is none of these.
    """
    if isinstance(value, dict):
        value = keras.saving.deserialize_keras_object(value)
    if isinstance(value, keras.layers.Layer):
        return value
    if isinstance(value, type):
        raise ValueError(f"{name} must be a layer instead of a class: pass an instance of {value!r}.")
    if getattr(value, "__name__", "") == "<lambda>":
        raise ValueError(
            f"{name} must be a function that can be saved and loaded, got a lambda. Pass a function of "
            "keras.activations or keras.ops, or one registered with keras.saving.register_keras_serializable."
        )
    try:
        return keras.activations.get(value)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{name} must be the name of a Keras activation, a callable or a layer, got {value!r}."
        ) from error


def activation_layer(activation: Any, **kwargs: Any) -> keras.layers.Layer:
    """Return the layer for an activation that the rule `activation` returned; `kwargs` apply to new layers only."""
    if isinstance(activation, keras.layers.Layer):
        return activation
    return keras.layers.Activation(activation, name="activation", **kwargs)


def activation_template(value: Any, name: str) -> Any:
    """Validate an activation that several blocks use.

    A layer is stored as its configuration, from which every block creates its own layer, because the weights of a
    learnable activation only fit one place in the network.
    """
    resolved = activation(value, name)
    return serialize_layer(resolved) if isinstance(resolved, keras.layers.Layer) else resolved
