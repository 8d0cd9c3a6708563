"""The library's architectures, written with nothing but the layers of Keras."""

import math

import keras
from keras import layers, ops


def basic(shape, latent_dim):
    """The network of `BasicCAE` for sides that 2 divides."""
    height, width, channels = shape
    images = keras.Input(shape)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(images)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = dense_code(x, latent_dim, (height // 2, width // 2, 32))
    x = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(channels, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def batch_norm_pool(shape, latent_dim):
    """The network of `BatchNormPoolCAE` for sides that 4 divides."""
    height, width, channels = shape
    x = images = keras.Input(shape)
    for filters in (32, 64):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(x)))
        x = layers.MaxPooling2D()(x)
    x = dense_code(x, latent_dim, (height // 4, width // 4, 64))
    for filters in (32, 16):
        x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
        x = layers.UpSampling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.Conv2DTranspose(channels, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def skip_connection(shape, latent_dim):
    """The network of `SkipConnectionCAE` for sides that 4 divides."""
    height, width, channels = shape
    images = keras.Input(shape)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(images)
    half = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(half)
    x = dense_code(x, latent_dim, (height // 4, width // 4, 64))
    x = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(layers.Add()([x, half]))
    x = layers.Conv2DTranspose(channels, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def variational(shape, latent_dim):
    """The network of `VariationalCAE` for sides that 4 divides."""
    height, width, channels = shape
    images = keras.Input(shape)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(images)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    mean, log_variance = layers.Dense(latent_dim, name="code")(x), layers.Dense(latent_dim)(x)
    x = Sampling(math.prod(shape))([mean, log_variance])
    x = layers.Dense(height // 4 * (width // 4) * 64)(x)
    x = layers.Reshape((height // 4, width // 4, 64))(x)
    for filters in (32, 16):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(channels, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


def residual(shape, latent_dim):
    """The network of `ResidualCAE` for sides that 4 divides."""
    height, width, channels = shape
    images = keras.Input(shape)
    x = layers.Conv2D(32, 3, strides=2, padding="same")(images)
    x = residual_block(x, 32)
    x = layers.Rescaling(0.4)(residual_block(x, 64, strides=2))
    x = dense_code(x, latent_dim, (height // 4, width // 4, 64))
    x = residual_block(x, 32, upsampling=True)
    x = layers.Conv2DTranspose(16, 3, padding="same", activation="silu")(layers.UpSampling2D()(x))
    x = layers.Conv2DTranspose(channels, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(images, x)


class Sampling(layers.Layer):
    """Draws codes of which mean and logarithm of the variance are given, and adds the divergence."""

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
    x = layers.Activation("silu")(layers.GroupNormalization(8)(inputs))
    if upsampling:
        x = layers.Conv2DTranspose(filters, 3, padding="same")(layers.UpSampling2D()(x))
    else:
        x = layers.Conv2D(filters, 3, strides=strides, padding="same")(x)
    x = layers.Activation("silu")(layers.GroupNormalization(8)(x))
    x = layers.Conv2D(filters, 3, padding="same", kernel_initializer="zeros")(x)
    shortcut = layers.AveragePooling2D(2)(inputs) if strides > 1 else inputs
    if inputs.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1)(shortcut)
    return layers.Add()([x, layers.UpSampling2D()(shortcut) if upsampling else shortcut])


def denoising(shape, latent_dim):
    """The network of `DenoisingCAE`, which has no dense code, for sides that 4 divides."""
    images = keras.Input(shape)
    full = relu_convolutions(images, 32)
    half = relu_convolutions(full, 64, strides=2)
    x = relu_convolutions(half, 128, strides=2, name="code")
    for filters, features in ((64, half), (32, full)):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
        x = relu_convolutions(layers.Concatenate()([x, features]), filters)
    noise = layers.Conv2DTranspose(shape[-1], 3, padding="same")(x)
    return keras.Model(images, layers.Subtract()([images, noise]))


def relu_convolutions(x, filters, strides=1, name=None):
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", activation="relu")(x)
    return layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)


def dense_code(features, latent_dim, shape):
    codes = layers.Dense(latent_dim, name="code")(layers.Flatten()(features))
    return layers.Reshape(shape)(layers.Dense(shape[0] * shape[1] * shape[2])(codes))
