"""The base class of losses that apply weights of images and pixels."""

from typing import Any

import keras
from keras import ops

from keras_cae.comparison import check_comparable, scale_integers, weights_of_images, weights_of_pixels


class WeightedByImage(keras.losses.Loss):
    """A loss of images that applies weights of images and pixels correctly.

    Keras broadcasts the weights against the values, which is wrong for one weight per image, `(n,)`, and one value per
    pixel. Integer images are scaled by the largest value of their type.
    """

    max_value: float = 1.0
    per_pixel = True
    """Whether the loss has one value per pixel, `(n, height, width)`, instead of one per image."""

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = (scale_integers(images, self.max_value) for images in (y_true, y_pred))
        check_comparable(y_true, y_pred, type(self).__name__)
        if sample_weight is not None:
            sample_weight = self._weights_of_values(sample_weight, y_pred)
        return super().__call__(y_true, y_pred, sample_weight)

    def _weights_of_values(self, sample_weight: Any, images: Any) -> Any:
        if self.per_pixel:
            return weights_of_pixels(sample_weight, images)
        return over_pixels(weights_of_images(sample_weight, images), images)


def over_pixels(values: Any, images: Any) -> Any:
    """Reshape values of images, `(n,)`, to `(n, 1, 1)`, so that they can be added to values of pixels."""
    return ops.reshape(values, (-1, *[1] * (len(images.shape) - 2)))
