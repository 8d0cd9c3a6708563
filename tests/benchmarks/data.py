"""The images that all measurements share."""

import numpy as np

from keras_cae.datasets import load_images


def byte_images(options):
    """The images that the command names, as uint8."""
    images = load_images(options.data).images[: options.images]
    if images.dtype == "uint16":
        images = images // 257
    elif images.dtype == "float32":
        images = np.round(images * 255)
    return images.astype("uint8")


def float_images(options):
    """The same as float32 in [0, 1]."""
    return byte_images(options) / np.float32(255)
