"""Measures the reconstructions and codes of each architecture, compared with PCA.

    python tests/benchmarks/quality.py [FILE.npz] [--latent-dim 32] [--epochs 20] [--model BasicCAE …]
                                        [--picture FILE.png]

FILE.npz contains `x_train`, `y_train`, `x_test` and `y_test`, images as uint8 and their classes; by default,
scikit-learn's digits are used. All models are trained in the same way: with Adam and a cosine decay of the learning
rate from 2e-3 to 0, the mean squared error, the same number of epochs and the same code size. Prints a table in
Markdown.

The accuracy is that of a classification by the five nearest neighbours among the training codes.
"""

import functools
import math
import time
from typing import NamedTuple

import keras
import numpy as np
from labelled import labelled_images, make_parser
from pictures import save_rows
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from tables import print_table

import keras_cae
from keras_cae import models

LEARNING_RATE = 2e-3
PICTURED = 16
COLUMNS = ("model", "parameters", "seconds an epoch", "test MSE", "PSNR, dB", "SSIM", "accuracy, %")
# From the class in `keras_cae.models` to its arguments other than the code size.
MODELS = {
    "BasicCAE": {},
    "BatchNormPoolCAE": {},
    "SkipConnectionCAE": {},
    "ResidualCAE": {},
    "VariationalCAE": {"beta": 1e-3},
    "WassersteinCAE": {"mmd_weight": 0.01},
    "AdversarialCAE": {"adversarial_weight": 5e-4},
    "VectorQuantizedCAE": {"codebook_size": 512, "code_dim": 16},
    "MaskedCAE": {},
}


class Trained(NamedTuple):
    """The measured properties and functions of a model or of PCA."""

    parameters: str
    seconds: str
    encode: object
    reconstruct: object


def main():
    parser = make_parser(__doc__, latent_dim=32, epochs=20, batch_size=64)
    parser.add_argument("--model", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--picture", help="draw the first reconstructions into this file")
    options = parser.parse_args()
    train, test = labelled_images(options.data)
    makers = {"PCA": functools.partial(pca, train.images, options)}
    makers |= {name: functools.partial(trained, name, train.images, options) for name in options.model}
    pictured = test.images[:PICTURED]
    shown = {"test images": pictured}

    def rows():
        for name, make in makers.items():
            method = make()
            shown[name] = method.reconstruct(pictured)
            yield row(name, method, train, test)

    print_table(COLUMNS, rows())
    if options.picture:
        save_rows(options.picture, shown)


def trained(name, images, options):
    started = time.perf_counter()
    model = fitted(name, images, options)
    seconds = (time.perf_counter() - started) / options.epochs
    return Trained(
        f"{model.count_params():,}",
        f"{seconds:.1f}",
        functools.partial(vectors, model),
        functools.partial(model.predict, verbose=0),
    )


def fitted(name, images, options):
    """Train a model of this class on the images, and return it."""
    keras.utils.set_random_seed(0)
    code = {} if name == "VectorQuantizedCAE" else {"latent_dim": options.latent_dim}
    model = getattr(models, name)(**code, **MODELS[name])
    steps = options.epochs * math.ceil(len(images) / options.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(keras.optimizers.Adam(schedule), loss="mse")
    model.fit(images, epochs=options.epochs, batch_size=options.batch_size, verbose=0)
    return model


def vectors(model, images):
    """Return the codes of images as vectors, `(n, numbers)`. Discrete codes are replaced by their codebook vectors."""
    codes = model.encode(images)
    if isinstance(model, models.VectorQuantizedCAE):
        codes = np.asarray(model.bottleneck.vectors(codes))
    return codes.reshape(len(images), -1)


def pca(images, options):
    model = components(images, options)
    return Trained(
        "",
        "",
        lambda images: model.transform(flat(images)),
        lambda images: model.inverse_transform(model.transform(flat(images))).reshape(images.shape),
    )


def components(images, options):
    """Return PCA fitted to images."""
    return PCA(options.latent_dim, svd_solver="randomized", random_state=0).fit(flat(images))


def flat(images):
    return images.reshape(len(images), -1) / np.float32(255)


def row(name, method, train, test):
    neighbours = KNeighborsClassifier(5).fit(method.encode(train.images), train.labels)
    accuracy = neighbours.score(method.encode(test.images), test.labels)
    mse, psnr, ssim = quality(method.reconstruct(test.images), test.images)
    figures = (f"{mse:.5f}", f"{psnr:.2f}", f"{ssim:.3f}", f"{100 * accuracy:.1f}")
    return (name, method.parameters, method.seconds, *figures)


def quality(reconstructions, images):
    images = images / np.float32(255)
    metrics = [keras.metrics.MeanSquaredError(), keras_cae.metrics.PSNR(), keras_cae.metrics.SSIM()]
    for metric in metrics:
        metric.update_state(images, reconstructions)
    return [float(metric.result()) for metric in metrics]


if __name__ == "__main__":
    main()
