"""Between layers, activations and the plain values that `get_config` holds."""

from collections.abc import Callable
from typing import Any

import keras


def serialize_layer(layer: Any) -> Any:
    """The plain form of a layer, or None."""
    return None if layer is None else keras.saving.serialize_keras_object(layer)


def deserialize_layer(value: Any) -> Any:
    """The layer that `serialize_layer` described; layers and None are returned as they are."""
    return keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value


def build_once(layer: keras.layers.Layer, input_shape: Any) -> None:
    """Build a layer, unless it came built: one that was described after it was built does."""
    if not layer.built:
        layer.build(input_shape)


def get_activation(activation: Any, name: str) -> Callable[[Any], Any] | keras.layers.Layer:
    """Resolve an activation: a name, a callable, a layer, or the plain form of one of these.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(activation, dict):
        activation = keras.saving.deserialize_keras_object(activation)
    if isinstance(activation, keras.layers.Layer):
        return activation
    try:
        return keras.activations.get(activation)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{name} must be the name of a Keras activation, a callable or a layer, got {activation!r}."
        ) from error


def serialize_activation(activation: Any) -> Any:
    """The plain form of what `get_activation` or `activation_template` returned."""
    if isinstance(activation, dict):
        return activation
    if isinstance(activation, keras.layers.Layer):
        return serialize_layer(activation)
    return keras.activations.serialize(activation)


def activation_layer(activation: Any, **kwargs: Any) -> keras.layers.Layer:
    """The layer that applies what `get_activation` returned; `kwargs` are for one that is made here."""
    if isinstance(activation, keras.layers.Layer):
        return activation
    return keras.layers.Activation(activation, name="activation", **kwargs)


def activation_template(activation: Any, name: str) -> Any:
    """Resolve an activation that several blocks will use.

    A layer is returned in its plain form, of which every block makes a layer of its own: learnable ones
    have weights for one place in the network only.
    """
    activation = get_activation(activation, name)
    return serialize_layer(activation) if isinstance(activation, keras.layers.Layer) else activation
