"""The deterministic parts of a bottleneck, as layers of encoders and decoders."""

from typing import Any

import keras

from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.serialization import deserialize_layer, serialize_layer


class BottleneckPart(keras.layers.Layer):
    """A layer that applies one side of a bottleneck, without noise and penalties."""

    def __init__(self, bottleneck: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bottleneck = deserialize_layer(bottleneck)

    def build(self, input_shape: Any) -> None:
        if not self.bottleneck.built:
            self.bottleneck.build(input_shape)

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.Operation.compute_output_spec(self, inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bottleneck": serialize_layer(self.bottleneck)}


@keras.saving.register_keras_serializable(package="keras_cae")
class Codes(BottleneckPart):
    """The last layer of an encoder, which computes the codes of a bottleneck."""

    def call(self, inputs: Any) -> Any:
        return codes_of(self.bottleneck, inputs)


@keras.saving.register_keras_serializable(package="keras_cae")
class Latents(BottleneckPart):
    """The first layer of a decoder whose codes are codebook indices, which looks up their vectors."""

    def build(self, input_shape: Any) -> None:
        if not self.bottleneck.built:
            self.bottleneck.build((*input_shape, self.bottleneck.code_dim))

    def call(self, inputs: Any) -> Any:
        return self.bottleneck.decode(inputs)


def codes_of(bottleneck: keras.layers.Layer, features: Any) -> Any:
    """Return the codes that a bottleneck, which may be any layer, computes from the encoder's output."""
    if isinstance(bottleneck, Bottleneck):
        return bottleneck.encode(features)
    return bottleneck(features, training=False)
