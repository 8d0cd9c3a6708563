"""What the losses of images have in common: their scale, their shape, the weights of images and pixels."""

from typing import Any

import keras
from keras import ops

from keras_cae.images import check_comparable, comparable, integers_scaled
from keras_cae.sample_weights import mean_of_each_image, per_image_weights
from keras_cae.validation import positive_float


class WeightedByImage(keras.losses.Loss):
    """A loss that takes weights of images and of pixels for what they are, whatever its values are for.

    Keras multiplies values and weights as they come, which is wrong where weights `(n,)` meet values for
    pixels. Integer images are scaled by the largest value of their type.
    """

    max_value: float = 1.0
    per_pixel = True
    """Whether the loss has a value for each pixel, `(n, height, width)`, else for each image, `(n, 1, 1)`."""

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = (integers_scaled(images, self.max_value) for images in (y_true, y_pred))
        check_comparable(y_true, y_pred, type(self).__name__)
        if sample_weight is not None:
            sample_weight = self._weights_of_values(ops.cast(sample_weight, "float32"), y_pred)
        return super().__call__(y_true, y_pred, sample_weight)

    def _weights_of_values(self, sample_weight: Any, images: Any) -> Any:
        if not self.per_pixel:
            return mean_of_each_image(sample_weight)[:, None, None]
        weights = per_image_weights(sample_weight)
        if len(weights.shape) == 4:
            weights = ops.mean(weights, axis=-1)
        return weights * ops.ones_like(images[..., 0], dtype="float32")


class ImageLoss(WeightedByImage):
    """A loss that compares images.

    A subclass writes `compare`. It is given float32 images of equal shape whose largest possible value
    is 1, whatever `max_value` and the type of the images that came in.
    """

    def __init__(self, max_value: float, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.max_value = positive_float(max_value, "max_value")

    def compare(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each image, of shape `(n,)`, or of each pixel, `(n, height, width)`.

        Args:
            y_true: float32 images with values from 0 to 1.
            y_pred: their reconstructions, of the same shape.
        """
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any) -> Any:
        values = self.compare(*(comparable(images, self.max_value) for images in (y_true, y_pred)))
        return values if self.per_pixel else values[:, None, None]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_value": self.max_value}
