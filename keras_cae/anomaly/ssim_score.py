"""Structural dissimilarity as a score."""

from typing import Any

import keras

from keras_cae.anomaly.score import Score
from keras_cae.anomaly.seen import Seen
from keras_cae.similarity import similarity_map


@keras.saving.register_keras_serializable(package="keras_cae")
class SSIMScore(Score):
    """1 − SSIM of the window around each pixel, averaged over channels; by name "ssim".

    It detects wrong structures even if errors are small, but hardly detects wrong colours (Bergmann et al. 2019,
    "Improving Unsupervised Defect Segmentation by Applying Structural Similarity to Autoencoders"). The windows are
    those of `metrics.SSIM`; images are padded by reflection.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Example:

    >>> isinstance(keras_cae.anomaly.get("ssim"), keras_cae.anomaly.SSIMScore)
    True
    """

    def error_map(self, seen: Seen) -> Any:
        return 1.0 - similarity_map(*seen.in_unit_range)
