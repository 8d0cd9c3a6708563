"""Minimal models of each kind that callbacks support, for images of 9×12 pixels and two channels."""

import keras
import numpy as np

from keras_cae.layers import GaussianBottleneck, VectorQuantizer
from keras_cae.models import CAE

SHAPE = (9, 12, 2)
IMAGES = np.random.default_rng(0).random((12, *SHAPE), dtype="float32")


class Counter(keras.layers.Layer):
    """Counts how often it is traced, in training and in inference."""

    def __init__(self):
        super().__init__()
        self.traced = {True: 0, False: 0, None: 0}

    def call(self, inputs, training=None):
        self.traced[training] += 1
        return inputs


def decoder(counter=None, dtype=None):
    layers = [keras.layers.Dense(216, activation="sigmoid", dtype=dtype), keras.layers.Reshape(SHAPE)]
    return keras.Sequential([counter or Counter(), keras.layers.Dropout(0.2, seed=1), *layers])


class TinyVariationalCAE(CAE):
    """A model with a prior, a posterior and a dense code of four values."""

    latent_dim = 4

    def __init__(self, counter=None, dtype=None):
        super().__init__(
            keras.Sequential([keras.layers.Flatten(dtype=dtype), keras.layers.Dense(5, dtype=dtype)]),
            decoder(counter, dtype),
            GaussianBottleneck(4, seed=2, dtype=dtype),
            corruption=keras.layers.GaussianNoise(0.1, seed=3),
            dtype=dtype,
        )


class TinyCodebookCAE(CAE):
    """A model with discrete codes, `(n, 9, 12)`, of six possible values."""

    codebook_size = 6

    def __init__(self, counter=None, dtype=None):
        super().__init__(
            keras.Sequential([keras.layers.Conv2D(6, 1, activation="softmax", dtype=dtype)]),
            keras.Sequential([counter or Counter(), keras.layers.Flatten(), decoder(dtype=dtype)]),
            VectorQuantizer(6, 6, seed=1, dtype=dtype),
            corruption=keras.layers.GaussianNoise(0.1, seed=3),
            dtype=dtype,
        )


def compiled(model, **arguments):
    model.compile(keras.optimizers.SGD(0.1), "mse", **arguments)
    return model


def idle(kind):
    """A compiled model whose steps do nothing, which saves seconds of compilation."""
    model = compiled(kind(), run_eagerly=True)
    model.train_step = lambda data: {"loss": keras.ops.zeros(())}
    return model


def fit(model, *callbacks, epochs=1, images=IMAGES, batch_size=12, **arguments):
    return model.fit(images, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=list(callbacks), **arguments)
