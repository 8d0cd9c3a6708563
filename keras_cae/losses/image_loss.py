"""The base class of losses that compare images."""

import abc
from typing import Any

from keras_cae.comparison import comparable
from keras_cae.identifiers import snake_case
from keras_cae.losses.weighted_by_image import WeightedByImage, over_pixels
from keras_cae.validation import positive_float, text


class ImageLoss(WeightedByImage, abc.ABC):
    """The base class of losses that compare images. Derive from it to write your own.

    A subclass implements `compare`. It receives two batches of equal shape, as float32 from 0 to 1 for any `max_value`
    and any type of images, and returns one value per pixel, `(n, height, width)`, or, if the class sets `per_pixel
    = False`, one per image, `(n,)`. The base checks the images, scales integers by the largest value of their type, and
    applies the weights of images and pixels.

    Args:
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled
            to it.
        name: name of the loss; by default the name of the class in snake case.
        **kwargs: arguments of `keras.losses.Loss`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`; if the loss
    has one value per image, the weights of its pixels are averaged.

    Output shape: a scalar; with `reduction="none"`, `(n, height, width)`, or `(n, 1, 1)` for one value per
    image.

    Raises:
        ValueError: `max_value` is not a finite number above zero, the images are not two batches of the same
            shape, the weights have another shape, or `compare` returns values of another shape.

    Example:

    >>> @keras.saving.register_keras_serializable(package="mine")
    ... class LargestError(keras_cae.losses.ImageLoss):
    ...     per_pixel = False
    ...
    ...     def compare(self, y_true, y_pred):
    ...         return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=(1, 2, 3))
    >>> images = np.zeros((2, 8, 8, 1))
    >>> round(float(LargestError(max_value=2.0)(images, images + 0.5)), 3)
    0.25
    """

    def __init__(self, max_value: float = 1.0, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=text(snake_case(type(self).__name__) if name is None else name, "name"), **kwargs)
        self.max_value = positive_float(max_value, "max_value")

    @abc.abstractmethod
    def compare(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each pixel, of shape `(n, height, width)`, or of each image, `(n,)`.

        Args:
            y_true: float32 images with values from 0 to 1.
            y_pred: reconstructions, of the same shape.
        """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        values = self.compare(*(comparable(images, self.max_value) for images in (y_true, y_pred)))
        rank = len(y_pred.shape) - 1 if self.per_pixel else 1
        if len(values.shape) != rank:
            raise ValueError(
                f"{type(self).__name__}.compare must return one value per "
                + ("pixel, of shape (n, height, width), " if self.per_pixel else "image, of shape (n,), ")
                + f"since per_pixel is {self.per_pixel}, got values of shape {tuple(values.shape)} for "
                f"images of shape {tuple(y_pred.shape)}."
            )
        return values if self.per_pixel else over_pixels(values, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_value": self.max_value}
