"""What the tests of detectors share: a trained model, and models whose results are known."""

import keras
import numpy as np

import keras_cae


def blurring(shape, **arguments):
    """An autoencoder whose reconstruction is the mean of each channel, and whose code are these means."""
    encoder = keras.Sequential([keras.Input(shape), keras.layers.GlobalAveragePooling2D()])
    decoder = keras.Sequential([keras.Input(shape[-1:]), keras.layers.Reshape((1, 1, shape[-1]))])
    decoder.add(keras.layers.UpSampling2D(shape[:2]))
    model = keras_cae.models.CAE(encoder, decoder, **arguments)
    model.build((None, *shape))
    return model


def blurred(images):
    """What `blurring` makes of images."""
    return np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)


def random_images(count, shape=(9, 12, 2), seed=0):
    """Images whose contrast differs."""
    generator = np.random.default_rng(seed)
    contrasts = generator.uniform(0.1, 1.0, (count, *[1] * len(shape)))
    return (contrasts * generator.random((count, *shape))).astype("float32")
