"""Between layers, activations and the plain values that `get_config` holds."""

from collections.abc import Callable
from typing import Any

import keras


def serialize_layer(layer: Any) -> Any:
    """Return the plain form of a layer, or None."""
    return None if layer is None else keras.saving.serialize_keras_object(layer)


def deserialize_layer(value: Any) -> Any:
    """Return the layer that `serialize_layer` described; layers and None are returned as they are."""
    return keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value


def build_once(layer: keras.layers.Layer, input_shape: Any) -> None:
    """Build a layer, unless it is built already, as layers are that were saved after they were built."""
    if not layer.built:
        layer.build(input_shape)


def layer(value: Any, name: str) -> keras.layers.Layer:
    """Return a Keras layer, or the configuration of one."""
    if isinstance(value, dict):
        value = keras.saving.deserialize_keras_object(value)
    if isinstance(value, type) or not isinstance(value, keras.layers.Layer):
        remedy = " Make an object of the class." if isinstance(value, type) else ""
        raise TypeError(f"{name} must be a keras.layers.Layer, got {value!r}.{remedy}")
    if isinstance(value, keras.layers.Lambda):
        raise TypeError(
            f"{name} must be a layer that can be saved and loaded, got a keras.layers.Lambda. Write the function "
            "into the call of a subclass of keras.layers.Layer."
        )
    return value


def activation(value: Any, name: str) -> Callable[[Any], Any] | keras.layers.Layer:
    """Validate an activation: a name, a callable, a layer, or the plain form of one of these.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, dict):
        value = keras.saving.deserialize_keras_object(value)
    if isinstance(value, keras.layers.Layer):
        return value
    if isinstance(value, type):
        raise ValueError(f"{name} must be a layer, not the class of one: make an object of {value!r}.")
    if getattr(value, "__name__", "") == "<lambda>":
        raise ValueError(
            f"{name} must be a function that can be saved and loaded, got a lambda. Give a function of "
            "keras.activations or keras.ops, or one registered with keras.saving.register_keras_serializable."
        )
    try:
        return keras.activations.get(value)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{name} must be the name of a Keras activation, a callable or a layer, got {value!r}."
        ) from error


def activation_layer(activation: Any, **kwargs: Any) -> keras.layers.Layer:
    """Return the layer that applies what the rule `activation` returned; `kwargs` are for one that is made here."""
    if isinstance(activation, keras.layers.Layer):
        return activation
    return keras.layers.Activation(activation, name="activation", **kwargs)


def activation_template(value: Any, name: str) -> Any:
    """Validate an activation that several blocks will use.

    A layer is kept in its plain form, of which every block makes a layer of its own: a learnable one has
    weights for one place in the network only.
    """
    resolved = activation(value, name)
    return serialize_layer(resolved) if isinstance(resolved, keras.layers.Layer) else resolved
