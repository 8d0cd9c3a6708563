"""The distance between two sets of images, based on the features of a classifier."""

import keras
import numpy as np


def kernel_distance(features, others):
    """Return the unbiased estimate of the squared maximum mean discrepancy with the kernel `(x·y / d + 1)³`.

    With the features of the Inception network, this is the Kernel Inception Distance (Bińkowski et al. 2018,
    "Demystifying MMD GANs"). It is 0 on average for sets from the same distribution, and can be slightly negative.
    """
    features, others = np.asarray(features, "float64"), np.asarray(others, "float64")
    between = _kernel(features, others).mean()
    return _mean_of_pairs(features) + _mean_of_pairs(others) - 2 * between


def _kernel(x, y):
    return (x @ y.T / x.shape[1] + 1) ** 3


def _mean_of_pairs(x):
    """Return the mean over all pairs of different examples."""
    kernel = _kernel(x, x)
    return (kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1))


def trained_features(images, labels, epochs):
    """Train a classifier, and return a model that maps images to its features before the last layer.

    Returns:
        The model and the classifier.
    """
    layers = keras.layers
    trunk = keras.Sequential(
        [
            keras.Input(images.shape[1:]),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
        ]
    )
    classifier = keras.Sequential([trunk, layers.Dropout(0.3), layers.Dense(int(labels.max()) + 1)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile("adam", loss, metrics=["accuracy"])
    classifier.fit(images, labels, batch_size=64, epochs=epochs, verbose=0)
    return trunk, classifier
