"""The data that need no network: scikit-learn's handwritten digits."""

import numpy as np

from keras_cae.datasets.image_data import ImageData

LARGEST_VALUE = 16


def load_digits() -> ImageData:
    """Return 1,797 real handwritten digits of 8×8 pixels, as floats: exactly value / 16.

    Raises:
        ImportError: scikit-learn, which brings them, is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            "The digits come with scikit-learn, which is not installed: "
            'pip install "keras-cae[cli]", or use other data.'
        ) from error
    images = datasets.load_digits().images / LARGEST_VALUE
    return ImageData(images[..., None].astype(np.float32), "digits")
