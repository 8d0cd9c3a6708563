"""The data set that needs no download: scikit-learn's handwritten digits."""

import numpy as np

from keras_cae.datasets.image_data import ImageData
from keras_cae.extras import install_hint

LARGEST_VALUE = 16


def load_digits() -> ImageData:
    """Return 1,797 real handwritten digits of 8×8 pixels, as floats: exactly value / 16.

    Raises:
        ImportError: scikit-learn, which contains them, is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            "The digits come with scikit-learn, which is not installed. Use other data, or install it. "
            f"{install_hint('cli')}"
        ) from error
    images = datasets.load_digits().images / LARGEST_VALUE
    return ImageData(images[..., None].astype(np.float32), "digits")
