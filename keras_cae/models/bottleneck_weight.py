"""The weight of a bottleneck's penalty, as an attribute of the model."""

from typing import Any, Self, overload

from keras_cae.validation import non_negative_float


class BottleneckWeight:
    """An attribute of a model that is one of its bottleneck's, once there is a bottleneck.

    It may be set before and after the model is built, and while training goes on: see `AdjustableWeight`.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, model: None, owner: type) -> Self: ...
    @overload
    def __get__(self, model: Any, owner: type) -> float: ...
    def __get__(self, model: Any, owner: type) -> Any:
        if model is None:
            return self
        value = getattr(model, self._given)
        return getattr(model.bottleneck, self.name, value) if model.built else value

    def __set__(self, model: Any, value: float) -> None:
        setattr(model, self._given, non_negative_float(value, self.name))
        if model.built and hasattr(model.bottleneck, self.name):
            setattr(model.bottleneck, self.name, value)

    @property
    def _given(self) -> str:
        """The attribute that keeps what was given before there was a bottleneck."""
        return f"_{self.name}"
