"""The base class of metrics of image quality."""

import abc
from typing import Any

from keras_cae.comparison import check_comparable, comparable, weights_of_images
from keras_cae.compatibility import declare_direction
from keras_cae.identifiers import snake_case
from keras_cae.metrics.measured_mean import MeasuredMean
from keras_cae.validation import positive_float, text


class ImageMetric(MeasuredMean, abc.ABC):
    """The base class of metrics that compare images. Derive from it to write your own.

    A subclass implements `per_image`. It receives two batches of equal shape, as float32 from 0 to 1 for any
    `max_value` and any type of images, and returns one value per image. The metric is the mean of these values over
    all images since the last reset, NaN before the first. The base checks the images, scales integers by the largest
    value of their type, and applies the weights.

    If smaller values are better, the class sets `direction = "min"`. Callbacks such as `EarlyStopping` read it when
    their `mode` is "auto".

    Args:
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled
            to it.
        name: name of the metric, under which it is logged; by default the name of the class in snake case.
        **kwargs: arguments of `keras.metrics.Metric`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`; those of
    pixels are averaged over the image.

    Raises:
        ValueError: `max_value` is not a finite number above zero, the images are not two batches of the same
            shape, the weights have another shape, or `per_image` returns values of another shape.

    Example:

    >>> @keras.saving.register_keras_serializable(package="mine")
    ... class LargestError(keras_cae.metrics.ImageMetric):
    ...     direction = "min"
    ...
    ...     def per_image(self, y_true, y_pred):
    ...         return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=(1, 2, 3))
    >>> metric = LargestError(max_value=2.0)
    >>> metric.update_state(np.zeros((2, 8, 8, 1)), np.full((2, 8, 8, 1), 0.5))
    >>> round(float(metric.result()), 3)
    0.25
    """

    direction = "max"
    """Whether larger values are better, "max", or smaller values, "min"."""

    def __init__(self, max_value: float = 1.0, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=text(snake_case(type(self).__name__) if name is None else name, "name"), **kwargs)
        self.max_value = positive_float(max_value, "max_value")
        declare_direction(self, self.direction)

    @abc.abstractmethod
    def per_image(self, y_true: Any, y_pred: Any) -> Any:
        """Return the value of each image, of shape `(n,)`.

        Args:
            y_true: float32 images with values from 0 to 1.
            y_pred: reconstructions, of the same shape.
        """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch to the mean.

        Args:
            y_true: batch of images.
            y_pred: reconstructions of the images.
            sample_weight: weights of the images or of their pixels.
        """
        y_true, y_pred = comparable(y_true, self.max_value), comparable(y_pred, self.max_value)
        check_comparable(y_true, y_pred, type(self).__name__)
        values = self.per_image(y_true, y_pred)
        if len(values.shape) != 1:
            raise ValueError(
                f"{type(self).__name__}.per_image must return one value per image, of shape (n,), got values "
                f"of shape {tuple(values.shape)} for images of shape {tuple(y_pred.shape)}."
            )
        weights = None if sample_weight is None else weights_of_images(sample_weight, y_pred)
        super().update_state(values, weights)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_value": self.max_value}
