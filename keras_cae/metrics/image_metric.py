"""What the metrics of image quality have in common: one value per image, averaged."""

from typing import Any

import keras

from keras_cae.compatibility import declare_direction
from keras_cae.images import check_comparable, comparable
from keras_cae.sample_weights import mean_of_each_image
from keras_cae.validation import positive_float


class ImageMetric(keras.metrics.Mean):
    """Mean of a quality that every image of a batch has for itself.

    A subclass writes `per_image`. It is given float32 images of equal shape whose largest possible value
    is 1, whatever `max_value` and the type of the images that came in. Integer images are scaled by the
    largest value of their type.

    Args:
        max_value: the largest value that images can have, the smallest being 0.
        name: name of the metric, by which logs and callbacks know it.
        **kwargs: of `keras.metrics.Metric`.

    Input shape: `(n, height, width, channels)`, twice. Weights have the shape `(n,)`, or more axes, such as
    `(n, height, width)` for pixels: then an image has the mean of its weights.

    Raises:
        ValueError: `max_value` is not a finite number above zero, or the images of an update are not two
            batches of the same shape.
    """

    direction = "max"
    """Whether the largest value is the best, "max", or the smallest, "min" (as `keras_tuner.Objective`)."""

    def __init__(self, max_value: float, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.max_value = positive_float(max_value, "max_value")
        declare_direction(self, self.direction)

    def per_image(self, y_true: Any, y_pred: Any) -> Any:
        """The quality of each image, of shape `(n,)`.

        Args:
            y_true: float32 images with values from 0 to 1.
            y_pred: their reconstructions, of the same shape.
        """
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch to the mean.

        Args:
            y_true: batch of images.
            y_pred: their reconstructions.
            sample_weight: weights of the images or of their pixels.
        """
        y_true, y_pred = comparable(y_true, self.max_value), comparable(y_pred, self.max_value)
        check_comparable(y_true, y_pred, type(self).__name__)
        super().update_state(self.per_image(y_true, y_pred), mean_of_each_image(sample_weight))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_value": self.max_value}
