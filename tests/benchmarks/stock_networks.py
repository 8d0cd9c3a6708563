"""The library's architectures for signals, images and volumes, written only with layers of Keras."""

import math
from types import SimpleNamespace

import keras
from keras import layers, ops

RANKED = ("Conv{}D", "Conv{}DTranspose", "MaxPooling{}D", "AveragePooling{}D", "UpSampling{}D")


def layers_of(shape):
    """Return the layers for data of a shape `(*spatial, channels)`, by their names without the rank."""
    rank = len(shape) - 1
    return SimpleNamespace(**{name.replace("{}D", ""): getattr(layers, name.format(rank)) for name in RANKED})


def basic(shape, latent_dim):
    """Return the network of `BasicCAE` for sides that are multiples of 2."""
    of = layers_of(shape)
    images = keras.Input(shape)
    x = of.Conv(16, 3, padding="same", activation="relu")(images)
    x = of.Conv(32, 3, strides=2, padding="same", activation="relu")(x)
    x = dense_code(x, latent_dim, smaller(shape, 2, 32))
    x = of.ConvTranspose(16, 3, strides=2, padding="same", activation="relu")(x)
    x = of.ConvTranspose(shape[-1], 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def batch_norm_pool(shape, latent_dim):
    """Return the network of `BatchNormPoolCAE` for sides that are multiples of 4."""
    of = layers_of(shape)
    x = images = keras.Input(shape)
    for filters in (32, 64):
        x = layers.ReLU()(layers.BatchNormalization()(of.Conv(filters, 3, padding="same")(x)))
        x = of.MaxPooling()(x)
    x = dense_code(x, latent_dim, smaller(shape, 4, 64))
    for filters in (32, 16):
        x = of.ConvTranspose(filters, 3, padding="same")(x)
        x = of.UpSampling()(layers.ReLU()(layers.BatchNormalization()(x)))
    x = of.ConvTranspose(shape[-1], 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def skip_connection(shape, latent_dim):
    """Return the network of `SkipConnectionCAE` for sides that are multiples of 4."""
    of = layers_of(shape)
    images = keras.Input(shape)
    x = of.Conv(16, 3, padding="same", activation="relu")(images)
    half = of.Conv(32, 3, strides=2, padding="same", activation="relu")(x)
    x = of.Conv(64, 3, strides=2, padding="same", activation="relu")(half)
    x = dense_code(x, latent_dim, smaller(shape, 4, 64))
    x = of.ConvTranspose(32, 3, strides=2, padding="same", activation="relu")(x)
    x = of.ConvTranspose(16, 3, strides=2, padding="same", activation="relu")(layers.Add()([x, half]))
    x = of.ConvTranspose(shape[-1], 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def variational(shape, latent_dim):
    """Return the network of `VariationalCAE` for sides that are multiples of 4."""
    of = layers_of(shape)
    images = keras.Input(shape)
    x = of.Conv(16, 3, padding="same", activation="relu")(images)
    for filters in (32, 64):
        x = of.Conv(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    mean, log_variance = layers.Dense(latent_dim, name="code")(x), layers.Dense(latent_dim)(x)
    x = Sampling(math.prod(shape))([mean, log_variance])
    start = smaller(shape, 4, 64)
    x = layers.Reshape(start)(layers.Dense(math.prod(start))(x))
    for filters in (32, 16):
        x = of.ConvTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = of.ConvTranspose(shape[-1], 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def residual(shape, latent_dim):
    """Return the network of `ResidualCAE` for sides that are multiples of 4."""
    of = layers_of(shape)
    images = keras.Input(shape)
    x = of.Conv(32, 3, strides=2, padding="same")(images)
    x = residual_block(x, 32)
    x = layers.Rescaling(0.4)(residual_block(x, 64, strides=2))
    x = dense_code(x, latent_dim, smaller(shape, 4, 64))
    x = residual_block(x, 32, upsampling=True)
    x = of.ConvTranspose(16, 3, padding="same", activation="silu")(of.UpSampling()(x))
    x = of.ConvTranspose(shape[-1], 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


class Sampling(layers.Layer):
    """Draws codes for a mean and a log variance, and adds the KL divergence to the loss."""

    def __init__(self, values_per_image):
        super().__init__()
        self.values_per_image = values_per_image
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs, training=None):
        mean, log_variance = inputs
        divergence = ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance
        self.add_loss(ops.mean(ops.sum(divergence, axis=-1)) / 2.0 / self.values_per_image)
        if not training:
            return mean
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(log_variance / 2.0) * noise


def residual_block(inputs, filters, strides=1, upsampling=False):
    of = layers_of(inputs.shape[1:])
    x = layers.Activation("silu")(layers.GroupNormalization(8)(inputs))
    if upsampling:
        x = of.ConvTranspose(filters, 3, padding="same")(of.UpSampling()(x))
    else:
        x = of.Conv(filters, 3, strides=strides, padding="same")(x)
    x = layers.Activation("silu")(layers.GroupNormalization(8)(x))
    x = of.Conv(filters, 3, padding="same", kernel_initializer="zeros")(x)
    shortcut = of.AveragePooling(2)(inputs) if strides > 1 else inputs
    if inputs.shape[-1] != filters:
        shortcut = of.Conv(filters, 1)(shortcut)
    return layers.Add()([x, of.UpSampling()(shortcut) if upsampling else shortcut])


def denoising(shape, latent_dim):
    """Return the network of `DenoisingCAE`, which has no dense code, for sides that are multiples of 4."""
    of = layers_of(shape)
    images = keras.Input(shape)
    full = relu_convolutions(images, 32)
    half = relu_convolutions(full, 64, strides=2)
    x = relu_convolutions(half, 128, strides=2, name="code")
    for filters, features in ((64, half), (32, full)):
        x = of.ConvTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
        x = relu_convolutions(layers.Concatenate()([x, features]), filters)
    noise = of.ConvTranspose(shape[-1], 3, padding="same")(x)
    return keras.Model(images, layers.Subtract()([images, noise]))


def relu_convolutions(x, filters, strides=1, name=None):
    of = layers_of(x.shape[1:])
    x = of.Conv(filters, 3, strides=strides, padding="same", activation="relu")(x)
    return of.Conv(filters, 3, padding="same", activation="relu", name=name)(x)


def dense_code(features, latent_dim, shape):
    codes = layers.Dense(latent_dim, name="code")(layers.Flatten()(features))
    return layers.Reshape(shape)(layers.Dense(math.prod(shape))(codes))


def smaller(shape, factor, channels):
    """Return the shape of feature maps whose sides are shorter by a factor."""
    return (*[side // factor for side in shape[:-1]], channels)
