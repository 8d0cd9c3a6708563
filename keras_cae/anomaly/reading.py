"""Images for a detector: one image or many, in memory or in a folder."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf


def as_batches(images: Any, detector: Any, batch_size: int) -> Any:
    """Return images in a container of batches: a single image as a batch of one, a folder as its batches.

    Args:
        images: data that the user passed.
        detector: the `AnomalyDetector`, whose autoencoder is built.
        batch_size: number of images of a folder that are read at once.
    """
    if isinstance(images, str | PathLike):
        # Imported only when needed, because this package is imported whenever Keras is.
        from keras_cae.anomaly.folder_batches import ImageReader, folder_batches

        reader = ImageReader(detector.autoencoder, detector.resize, detector.image_size)
        return folder_batches(Path(images), reader, batch_size)
    if isinstance(images, tf.Tensor):
        images = images.numpy()
    if isinstance(images, np.ndarray) and images.ndim == len(detector.autoencoder.built_shape) - 1:
        return images[None]
    return images
