"""The library's architectures, written with nothing but the layers of Keras."""

import keras
from keras import layers


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


def dense_code(features, latent_dim, shape):
    codes = layers.Dense(latent_dim, name="code")(layers.Flatten()(features))
    return layers.Reshape(shape)(layers.Dense(shape[0] * shape[1] * shape[2])(codes))
