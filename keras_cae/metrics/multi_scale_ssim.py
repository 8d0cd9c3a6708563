"""Multi-scale structural similarity."""

from typing import Any

import keras

from keras_cae.metrics.image_metric import ImageMetric
from keras_cae.similarity import multi_scale_similarity


@keras.saving.register_keras_serializable(package="keras_cae")
class MultiScaleSSIM(ImageMetric):
    """Multi-scale SSIM: how well patterns agree at several resolutions; from 0 to 1.

        MS-SSIM = c_1^w_1 ⋯ c_(M−1)^w_(M−1) · s_M^w_M,        w = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)

    for each channel, averaged over channels, then over images (Wang et al. 2003, "Multi-Scale Structural
    Similarity for Image Quality Assessment"). Images are halved in size from scale to scale, by the mean of
    2×2 pixels. `c_j` is the mean, over the windows on scale `j`, of the second factor of `metrics.SSIM`
    (contrast and pattern), and `s_M` the mean SSIM on the coarsest scale; negative means count as 0.

    The number of scales is limited by the window of 11×11 pixels: one scale up to a shortest side of 20 pixels, two up
    to 40, three up to 80, four up to 160, five beyond. With fewer than five scales, the weights are divided by their
    sum. Similarities are only comparable between images with the same number of scales. Everything is computed in
    float32 for images of any type.

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

    >>> metric = keras_cae.metrics.MultiScaleSSIM()
    >>> images = np.random.default_rng(0).random((2, 28, 28, 1))
    >>> metric.update_state(images, images)
    >>> round(float(metric.result()), 3)
    1.0
    """

    def __init__(self, max_value: float = 1.0, name: str = "ms_ssim", **kwargs: Any) -> None:
        super().__init__(max_value, name, **kwargs)

    def per_image(self, y_true: Any, y_pred: Any) -> Any:
        return multi_scale_similarity(y_true, y_pred)
