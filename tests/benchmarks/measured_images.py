"""The images, signals or volumes that all measurements share."""

import numpy as np

from keras_cae.datasets import load_images

MADE = {1: (256, 2), 3: (16, 16, 16, 1)}
"""The shapes of generated signals and volumes, by rank."""


def byte_images(options):
    """Return the images of the command as uint8, or, with `--rank`, smooth generated signals or volumes."""
    if options.rank in MADE:
        return made(MADE[options.rank], options.images)
    images = load_images(options.data).images[: options.images]
    if images.dtype == "uint16":
        images = images // 257
    elif images.dtype == "float32":
        images = np.round(images * 255)
    return images.astype("uint8")


def float_images(options):
    """Return the same images as float32 in [0, 1]."""
    return byte_images(options) / np.float32(255)


def made(shape, count):
    """Return a number of waves along the spatial axes as uint8, which are the same every time."""
    generator = np.random.default_rng(0)
    *sides, channels = shape
    places = np.stack(np.meshgrid(*[np.linspace(0, 1, side) for side in sides], indexing="ij"), axis=-1)
    data = np.empty((count, *shape), "uint8")
    for number in range(count):
        frequencies = generator.uniform(-20, 20, (len(sides), channels))
        waves = np.sin(places @ frequencies + generator.uniform(0, 2 * np.pi, channels))
        data[number] = np.round(127.5 + 127.5 * waves)
    return data
