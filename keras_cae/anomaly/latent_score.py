"""The distance of codes from the codes of normal images."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.anomaly.mahalanobis import Gaussian, distance
from keras_cae.anomaly.score import Run, Score
from keras_cae.anomaly.seen import Seen

LARGEST_CODE = 4096
"""The maximum number of values of a code. The covariance matrix has the square of this number."""


@keras.saving.register_keras_serializable(package="keras_cae")
class LatentScore(Score):
    """The Mahalanobis distance of an image's code from the codes of normal images; by name "latent".

    The covariance is shrunk towards a multiple of the identity, depending on the number of images (Chen et al. 2010,
    "Shrinkage Algorithms for MMSE Covariance Estimation"). Codes do not localize anomalies, so the map contains the
    squared errors, and pooling has no effect on the score.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Raises:
        ValueError: the codes are codebook indices, have no fixed size, or have more than 4096 values.

    Example:

    >>> isinstance(keras_cae.anomaly.get("latent"), keras_cae.anomaly.LatentScore)
    True
    """

    learns = True

    def check(self, autoencoder: Any) -> None:
        shape = autoencoder.code_shape
        if getattr(autoencoder.bottleneck, "codebook_size", None) is not None:
            problem = "but those of this autoencoder are codebook indices, which have no distances"
        elif None in shape:
            problem = f"but those of this autoencoder have the shape {shape}, which depends on the size of the images"
        elif int(np.prod(shape)) > LARGEST_CODE:
            problem = f"but those of this autoencoder have the shape {shape}"
        else:
            return
        raise ValueError(
            f"The score 'latent' needs codes of at most {LARGEST_CODE} continuous values, {problem}. Use "
            "score='relative', or a model with a latent_dim."
        )

    def prepare(self, autoencoder: Any, image_shape: Any) -> None:
        size = int(np.prod(autoencoder.code_shape))
        self.mean = self.statistic("mean", (size,))
        self.precision = self.statistic("precision", (size, size))

    def fit(self, run: Run) -> None:
        gaussian = Gaussian()
        for codes in run(_codes):
            gaussian.add(codes)
        self.mean.assign(gaussian.mean)
        self.precision.assign(gaussian.precision())

    def image_scores(self, seen: Seen, error_map: Any) -> Any:
        return ops.sqrt(ops.maximum(distance(seen.codes, self.mean, self.precision), 0.0))


def _codes(seen: Seen) -> Any:
    return seen.codes
