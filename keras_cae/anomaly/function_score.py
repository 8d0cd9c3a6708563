"""A score that is computed by a function."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.anomaly.score import Score
from keras_cae.anomaly.seen import Seen


def function(value: Any, name: str) -> Any:
    """Validate the function: a callable or its configuration."""
    value = keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
    if isinstance(value, type) or not callable(value):
        raise TypeError(f"{name} must be a function of images and reconstructions, got {value!r}.")
    return value


@keras.saving.register_keras_serializable(package="keras_cae")
class FunctionScore(Score):
    """Scores images with a function of images and reconstructions. A detector wraps functions in this class.

    Args:
        function: called with images and reconstructions, float32 tensors `(n, *spatial, channels)`. It returns maps of
            the same shape or of shape `(n, *spatial)`, or one number per image, `(n,)`, with larger values for
            anomalies. To save the detector, register it with `keras.saving.register_keras_serializable`.
        **kwargs: arguments of `keras.layers.Layer`.

    Raises:
        TypeError: `function` is not callable.
        ValueError: `function` returns another shape, or it can't be saved because it is not registered.

    Example:

    >>> score = keras_cae.anomaly.FunctionScore(lambda images, reconstructions: images - reconstructions)
    >>> float(score.function(3.0, 1.0))
    2.0
    """

    rules: ClassVar = {"function": function}

    def __init__(self, function: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(function=function)

    def error_map(self, seen: Seen) -> Any:
        values = seen.once(self, self._values)
        rank = len(seen.images.shape)
        if len(values.shape) == 1:
            return super().error_map(seen)
        return ops.mean(values, axis=-1) if len(values.shape) == rank else values

    def image_scores(self, seen: Seen, error_map: Any) -> Any:
        values = seen.once(self, self._values)
        return values if len(values.shape) == 1 else seen.pool(error_map)

    def _values(self, seen: Seen) -> Any:
        values = ops.cast(self.function(seen.images, seen.reconstructions), "float32")
        rank = len(seen.images.shape)
        if len(values.shape) not in (1, rank - 1, rank):
            raise ValueError(
                "The function of a score must return maps, (n, *spatial) or with channels, or one number per image, "
                f"(n,), got the shape {tuple(values.shape)} for images of shape {tuple(seen.images.shape)}."
            )
        return values

    def get_config(self) -> dict[str, Any]:
        if getattr(self.function, "__name__", "") == "<lambda>":
            raise ValueError(
                "A detector whose score is a lambda can't be saved. Use a function that is registered with "
                "keras.saving.register_keras_serializable, or derive a class from keras_cae.anomaly.Score."
            )
        return {**super(Score, self).get_config(), "function": keras.saving.serialize_keras_object(self.function)}
