"""The structural similarity loss."""

from typing import Any

import keras

from keras_cae.losses.image_loss import ImageLoss
from keras_cae.similarity import structural_similarity


@keras.saving.register_keras_serializable(package="keras_cae", name="SSIMLoss")
class SSIM(ImageLoss):
    """SSIM loss, from 0 to 2: 1 − SSIM, how much means, contrasts and patterns of small windows differ.

    The similarity is that of `metrics.SSIM`, with the same windows (Wang et al. 2004, "Image Quality
    Assessment: From Error Visibility to Structural Similarity"). In flat windows, little but the brightness counts.
    Training is more reliable if `losses.Weighted` combines this loss with a pixel loss (Zhao et al. 2017, "Loss
    Functions for Image Restoration with Neural Networks"). Everything is computed in float32 for images of any type.

    Args:
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled
            to it.
        name: name of the loss.
        **kwargs: arguments of `keras.losses.Loss`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`; those of
    pixels are averaged over the image.

    Output shape: a scalar; `(n, 1, 1)` with `reduction="none"`.

    Raises:
        ValueError: `max_value` is not a finite number above zero, the images are not two batches of the same
            shape, or the weights have another shape.

    Example:

    >>> loss = keras_cae.losses.SSIM()
    >>> images = np.random.default_rng(0).random((2, 16, 16, 3))
    >>> round(float(loss(images, images)), 3), round(float(loss(images, 1 - images)), 2)
    (0.0, 1.97)
    """

    per_pixel = False

    def __init__(self, max_value: float = 1.0, name: str = "ssim", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def compare(self, y_true: Any, y_pred: Any) -> Any:
        return 1.0 - structural_similarity(y_true, y_pred)
