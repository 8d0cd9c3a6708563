"""The measurement of ways to reconstruct images."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_cae.cli.quality import Quality
from keras_cae.images import scale_images
from keras_cae.metrics import PSNR, SSIM

CHUNK = 512
"""How many images are held as floats at once."""


def measure(
    images: np.ndarray,
    corrupt: Callable[[np.ndarray], Any],
    reconstruct: Callable[[np.ndarray], Any],
) -> Quality:
    """Compare images with what is made of their corrupted form.

    Args:
        images: array `(n, height, width, channels)`.
        corrupt: from images to what `reconstruct` is given.
        reconstruct: from images to their reconstructions.
    """
    metrics = (keras.metrics.MeanSquaredError(), PSNR(), SSIM())
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        clean = scale_images(chunk, "float32")
        reconstructions = reconstruct(np.asarray(corrupt(chunk)))
        for metric in metrics:
            metric.update_state(clean, reconstructions)
    return Quality(*(float(metric.result()) for metric in metrics))
