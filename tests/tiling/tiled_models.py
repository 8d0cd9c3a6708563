"""Models of every architecture for the tests of tiles, whose outputs depend on the whole receptive field."""

import keras
import numpy as np

import keras_cae
from keras_cae import models

ARCHITECTURES = {
    "basic": lambda **more: models.BasicCAE(filters=(3, 4), **more),
    "basic of strides 3": lambda **more: models.BasicCAE(filters=(3, 4), strides=3, kernel_size=5, **more),
    "pooled": lambda **more: models.BatchNormPoolCAE(filters=(4, 6), **more),
    "skips": lambda **more: models.SkipConnectionCAE(filters=(3, 4, 5), **more),
    "denoising": lambda **more: models.DenoisingCAE(filters=(3, 4), convs_per_level=1, **more),
    "quantized": lambda **more: models.VectorQuantizedCAE(8, 2, filters=(3, 4), **more),
    "finite scalar": lambda **more: models.VectorQuantizedCAE(levels=(3, 4), filters=(3, 4), **more),
}


def in_ranks(ranks):
    """Every architecture for images, and those with different kinds of levels for all ranks."""
    own_ways = ("basic", "pooled", "denoising")
    return [(name, rank) for name in ARCHITECTURES for rank in ranks if rank == 2 or name in own_ways]


def built(architecture, rank=2, channels=1, **more):
    """A model for images of any size without weights that are zero."""
    model = ARCHITECTURES[architecture](rank=rank, **more) if isinstance(architecture, str) else architecture
    model.build((None, *[None] * rank, channels))
    generator = np.random.default_rng(0)
    for weight in model.weights:
        if weight.name in ("bias", "beta", "moving_mean"):
            weight.assign(generator.normal(size=weight.shape) / 10)
    return model


def of_networks(encode, decode, channels=1, rank=2, side=None, **more):
    """A `CAE` from two functions on Keras tensors."""
    images = keras.Input(((side,) * rank) + (channels,))
    encoder = keras.Model(images, encode(images))
    codes = keras.Input(encoder.output.shape[1:])
    model = models.CAE(encoder, keras.Model(codes, decode(codes)), **more)
    model.build((None, *[side] * rank, channels))
    return model


def identity(side, channels=1, rank=2):
    """A model for images of a fixed size that reconstructs them exactly."""
    shape = (*[side] * rank, channels)
    return of_networks(keras.layers.Flatten(), keras.layers.Reshape(shape), channels, rank, side)


def convolution(filters, size, **more):
    return keras.layers.Conv2D(filters, size, padding="same", **more)


def calibrated(model, score, shape, **more):
    """A detector."""
    images = np.random.default_rng(1).random((6, *shape), dtype="float32")
    model.compile("sgd", "mse")
    return keras_cae.anomaly.AnomalyDetector(model, score, **more).calibrate(images)
