"""The data sets that Keras downloads."""

import importlib

import numpy as np

from keras_cae.datasets.image_data import ImageData

KERAS_DATASETS = ("mnist", "fashion_mnist", "cifar10")


def load_keras_dataset(name: str) -> ImageData:
    """Return the training and test images of a data set in `keras.datasets`.

    Args:
        name: one of `KERAS_DATASETS`.

    Raises:
        ConnectionError: the data are not in Keras's cache and can't be downloaded.
    """
    module = importlib.import_module(f"keras.datasets.{name}")
    try:
        (images, _), (test_images, _) = module.load_data()
    # Keras raises a plain Exception when a download fails.
    except Exception as error:
        raise ConnectionError(
            f"The data set {name!r} could not be downloaded ({error}). The data set 'digits', folders of images, and "
            ".npy and .npz files don't need a connection."
        ) from error
    return ImageData(_with_channel_axis(images), name, _with_channel_axis(test_images))


def _with_channel_axis(images: np.ndarray) -> np.ndarray:
    return images[..., None] if images.ndim == 3 else images
