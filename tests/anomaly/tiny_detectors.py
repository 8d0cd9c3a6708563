"""Helpers for the tests of detectors: a trained model, and models with known results."""

import keras
import numpy as np

import keras_cae


def blurring(shape, **arguments):
    """An autoencoder whose code and reconstruction are the means of the channels."""
    encoder = keras.Sequential([keras.Input(shape), keras.layers.GlobalAveragePooling2D()])
    decoder = keras.Sequential([keras.Input(shape[-1:]), keras.layers.Reshape((1, 1, shape[-1]))])
    decoder.add(keras.layers.UpSampling2D(shape[:2]))
    model = keras_cae.models.CAE(encoder, decoder, **arguments)
    model.build((None, *shape))
    return model


def blurred(images):
    """The reconstructions of images by `blurring`."""
    return np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)


def random_images(count, shape=(9, 12, 2), seed=0):
    """Images that differ in contrast."""
    generator = np.random.default_rng(seed)
    contrasts = generator.uniform(0.1, 1.0, (count, *[1] * len(shape)))
    return (contrasts * generator.random((count, *shape))).astype("float32")
