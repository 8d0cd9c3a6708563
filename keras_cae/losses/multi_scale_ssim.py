"""The loss of structural similarity on several scales."""

from typing import Any

import keras

from keras_cae.losses.image_loss import ImageLoss
from keras_cae.similarity import multi_scale_similarity

SMALLEST_SIMILARITY = 1e-6
"""What the similarity on a scale counts at least, so that gradients are finite."""


@keras.saving.register_keras_serializable(package="keras_cae", name="MultiScaleSSIMLoss")
class MultiScaleSSIM(ImageLoss):
    """1 − multi-scale SSIM: how much patterns differ at several resolutions; from 0 to 1.

    The similarity of `metrics.MultiScaleSSIM`, on as many scales as the images have room for: two at 28×28
    pixels, five from 161×161 on (Wang et al. 2003, "Multi-Scale Structural Similarity for Image Quality
    Assessment"). The similarity on a scale counts as at least 1e-6, where it has no gradient: images that are
    the opposite of the right ones teach nothing. Added to a loss of pixels (`losses.Weighted`) it trains more
    surely than alone (Zhao et al. 2017, "Loss Functions for Image Restoration with Neural Networks").
    Everything is computed in float32, whatever the type of the images.

    Args:
        max_value: the largest value that images can have, the smallest being 0. Integer images are scaled
            to it.
        name: name of the loss.
        **kwargs: of `keras.losses.Loss`.

    Input shape: `(n, height, width, channels)`, twice. Weights have the shape `(n,)`, or more axes, such as
    `(n, height, width)` for pixels: then an image has the mean of its weights.

    Output shape: a scalar; `(n, 1, 1)` with `reduction="none"`.

    Raises:
        ValueError: `max_value` is not a finite number above zero, or the images are not two batches of the
            same shape.

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
