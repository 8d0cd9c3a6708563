"""What the metrics of image quality have in common: one value per image, averaged."""

from typing import Any

import keras
from keras import ops

from keras_cae.compatibility import declare_direction
from keras_cae.images import compatible, known_shape, scale_images
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
        y_true, y_pred = self._comparable(y_true), self._comparable(y_pred)
        self._check_shapes(y_true, y_pred)
        super().update_state(self.per_image(y_true, y_pred), _per_image(sample_weight))

    def _comparable(self, images: Any) -> Any:
        """Images as float32 from 0 to 1."""
        images = ops.convert_to_tensor(images)
        scaled = scale_images(images, "float32")
        if scaled is not images:
            return scaled
        return ops.cast(images, "float32") / self.max_value

    def _check_shapes(self, y_true: Any, y_pred: Any) -> None:
        shape_true, shape_pred = known_shape(y_true.shape), known_shape(y_pred.shape)
        if (
            shape_true is None
            or shape_pred is None
            or len(shape_true) != 4
            or not compatible(shape_true, shape_pred)
        ):
            raise ValueError(
                f"{type(self).__name__} compares two batches of images of the same shape "
                f"(n, height, width, channels), got y_true of shape {shape_true} and y_pred of shape "
                f"{shape_pred}. Grey images need their channel axis: images[..., None]."
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_value": self.max_value}


def _per_image(sample_weight: Any) -> Any:
    """Weights of shape `(n,)`: those of pixels are averaged over each image."""
    if sample_weight is None:
        return None
    weights = ops.cast(sample_weight, "float32")
    axes = tuple(range(1, len(weights.shape)))
    return ops.mean(weights, axis=axes) if axes else weights
