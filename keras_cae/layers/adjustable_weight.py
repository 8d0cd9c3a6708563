"""The weight of a penalty, which may change during training."""

from typing import Any, Self, overload

import keras
import numpy as np

from keras_cae.validation import non_negative_float


class AdjustableWeight:
    """An attribute of a layer, set in the constructor, whose value is stored in a variable of the layer.

    Compiled steps read the variable, so a change takes effect in the next step without retracing, and the value is
    saved with the model. Reading the attribute returns a Python float.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, layer: None, owner: type) -> Self: ...
    @overload
    def __get__(self, layer: keras.layers.Layer, owner: type) -> float: ...
    def __get__(self, layer: Any, owner: type) -> Any:
        if layer is None:
            return self
        return float(str(np.float32(self.variable(layer).value)))  # 0.1, not 0.10000000149

    def __set__(self, layer: keras.layers.Layer, value: float) -> None:
        value = non_negative_float(value, self.name)
        if self._attribute in vars(layer):
            self.variable(layer).assign(value)
            return
        variable = layer.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(value),
            dtype="float32",
            trainable=False,
            autocast=False,
            name=self.name,
        )
        setattr(layer, self._attribute, variable)

    def variable(self, layer: keras.layers.Layer) -> Any:
        """Return the variable, for the layer's `call`."""
        return getattr(layer, self._attribute)

    @property
    def _attribute(self) -> str:
        return f"{self.name}_variable"
