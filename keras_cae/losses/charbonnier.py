"""The Charbonnier loss."""

from typing import Any

import keras
from keras import ops

from keras_cae.losses.image_loss import ImageLoss
from keras_cae.validation import positive_float


@keras.saving.register_keras_serializable(package="keras_cae")
class Charbonnier(ImageLoss):
    """Charbonnier loss: the absolute error, smoothed at zero, which keeps edges sharper than the squared error.

        mean over channels of √((y_true − y_pred)² + epsilon²)

    for each pixel of images from 0 to 1 (Charbonnier et al. 1994, "Two Deterministic Half-Quadratic
    Regularization Algorithms for Computed Imaging"; Lai et al. 2017, "Deep Laplacian Pyramid Networks"). It
    is `epsilon` for identical images.

    Args:
        epsilon: the size of errors below which the loss is nearly quadratic.
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled to it. Values
            are divided by it.
        name: name of the loss.
        **kwargs: arguments of `keras.losses.Loss`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`.

    Output shape: a scalar; `(n, height, width)` with `reduction="none"`.

    Raises:
        ValueError: `epsilon` or `max_value` is not a finite number above zero, the images are not two
            batches of the same shape, or the weights have another shape.

    Example:

    >>> loss = keras_cae.losses.Charbonnier()
    >>> images = np.zeros((2, 8, 8, 1))
    >>> round(float(loss(images, images + 0.1)), 3)
    0.1
    """

    def __init__(self, epsilon: float = 1e-3, max_value: float = 1.0, name: str = "charbonnier", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)
        self.epsilon = positive_float(epsilon, "epsilon")

    def compare(self, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.sqrt(ops.square(y_true - y_pred) + self.epsilon**2), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
