"""Structural similarity."""

from typing import Any

import keras

from keras_cae.metrics.image_metric import ImageMetric
from keras_cae.similarity import structural_similarity


@keras.saving.register_keras_serializable(package="keras_cae")
class SSIM(ImageMetric):
    """Structural similarity: how well means, contrasts and patterns of small windows agree; at most 1.

        SSIM = (2 μ_x μ_y + C₁) (2 σ_xy + C₂) / ((μ_x² + μ_y² + C₁) (σ_x² + σ_y² + C₂))

    for each window, with the means μ, variances σ² and covariance σ_xy under it, C₁ = (0.01 `max_value`)² and
    C₂ = (0.03 `max_value`)². The windows are Gaussian (σ = 1.5 pixels, 11×11) and lie fully inside the image.
    The similarity is averaged over the windows and channels of each image, then over images (Wang et al.
    2004, "Image Quality Assessment: From Error Visibility to Structural Similarity"). Everything is computed
    in float32 for images of any type.

    Along an axis of fewer than 11 pixels, the window has the largest odd size that fits, and its weights again add up
    to 1. The similarities of such images can be compared with each other, but not with those of larger images. A batch
    of shape `(n, height, width)` is interpreted as signals, whose windows only extend along the height, so grey images
    need an axis for the channel.

    Args:
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled
            to it.
        name: name of the metric, under which it is logged.
        **kwargs: arguments of `keras.metrics.Metric`.

    Input shape: `(n, height, width, channels)`, twice; also signals, `(n, length, channels)`, and volumes,
    `(n, depth, height, width, channels)`. Weights have the shape `(n,)` or `(n, height, width)`; those of
    pixels are averaged over the image.

    Raises:
        ValueError: `max_value` is not a finite number above zero, the images of an update are not two
            batches of the same shape, or the weights have another shape.

    Example:

    >>> metric = keras_cae.metrics.SSIM()
    >>> images = np.random.default_rng(0).random((2, 16, 16, 3))
    >>> metric.update_state(images, images)
    >>> round(float(metric.result()), 3)
    1.0
    """

    def __init__(self, max_value: float = 1.0, name: str = "ssim", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def per_image(self, y_true: Any, y_pred: Any) -> Any:
        return structural_similarity(y_true, y_pred)
