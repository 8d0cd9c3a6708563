"""The weight of a penalty as an attribute of the layer that owns the penalty."""

from typing import Any

from keras_cae.validation import non_negative_float


class PenaltyWeight:
    """An attribute of a layer that is an alias of the `weight` of one of its `Penalty` layers.

    Args:
        penalty: name of the attribute that holds the penalty.
    """

    def __init__(self, penalty: str) -> None:
        self.penalty = penalty

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type) -> Any:
        return self if layer is None else getattr(layer, self.penalty).weight

    def __set__(self, layer: Any, value: float) -> None:
        getattr(layer, self.penalty).weight = non_negative_float(value, self.name)
