"""The base class of layers that apply other layers one after another."""

import abc
from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.serialization import build_once


class StagedLayer(keras.layers.Layer, abc.ABC):
    """A layer that applies the layers of `stages`, which a subclass creates, one after another."""

    @property
    @abc.abstractmethod
    def stages(self) -> Sequence[keras.layers.Layer]:
        """The layers in the order in which they are applied."""

    def build(self, input_shape: Any) -> None:
        for stage in self.stages:
            build_once(stage, input_shape)
            input_shape = stage.compute_output_shape(input_shape)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        for stage in self.stages:
            inputs = stage(inputs, training=training)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        for stage in self.stages:
            input_shape = stage.compute_output_shape(input_shape)
        return input_shape
