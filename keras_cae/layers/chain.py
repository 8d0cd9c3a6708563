"""A sequence of layers."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.layers.staged_layer import StagedLayer
from keras_cae.serialization import deserialize_layer, serialize_layer


@keras.saving.register_keras_serializable(package="keras_cae")
class Chain(StagedLayer):
    """Several layers that are applied one after another, such as a level of a network.

    Unlike `keras.Sequential`, which is a model for one shape, this layer accepts images of any size.
    """

    def __init__(self, layers: Sequence[keras.layers.Layer], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers = tuple(deserialize_layer(layer) for layer in layers)

    @property
    def stages(self) -> Sequence[keras.layers.Layer]:
        return self.layers

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layers": [serialize_layer(layer) for layer in self.layers]}
