"""The multi-scale structural similarity loss."""

from typing import Any

import keras

from keras_cae.losses.image_loss import ImageLoss
from keras_cae.similarity import multi_scale_similarity

SMALLEST_SIMILARITY = 1e-6
"""The lower bound of the similarity on each scale, which keeps gradients finite."""


@keras.saving.register_keras_serializable(package="keras_cae", name="MultiScaleSSIMLoss")
class MultiScaleSSIM(ImageLoss):
    """Multi-scale SSIM loss, from 0 to 1: 1 − MS-SSIM, how much patterns differ at several resolutions.

    The similarity is that of `metrics.MultiScaleSSIM`, on as many scales as fit into the images: two at 28×28 pixels,
    five from 161×161 pixels on (Wang et al. 2003, "Multi-Scale Structural Similarity for Image Quality Assessment"). On
    each scale, the similarity is clipped to at least 1e-6 and then has no gradient, so nothing is learned from
    reconstructions that are the inverse of their targets. Training is more reliable if `losses.Weighted` combines this
    loss with a pixel loss (Zhao et al. 2017, "Loss Functions for Image Restoration with Neural Networks"). Everything
    is computed in float32 for images of any type.

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

    >>> loss = keras_cae.losses.MultiScaleSSIM()
    >>> images = np.random.default_rng(0).random((2, 28, 28, 1))
    >>> round(float(loss(images, images)), 3)
    0.0
    """

    per_pixel = False

    def __init__(self, max_value: float = 1.0, name: str = "ms_ssim", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def compare(self, y_true: Any, y_pred: Any) -> Any:
        return 1.0 - multi_scale_similarity(y_true, y_pred, floor=SMALLEST_SIMILARITY)
