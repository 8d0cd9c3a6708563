"""How well every architecture reconstructs held-out images, beside PCA at the same code size.

    python tests/benchmarks/reconstruction.py [FILE.npz] [--latent-dim 32] [--epochs 10]

FILE.npz holds `x_train` and `x_test`, images as uint8; without it, scikit-learn's digits are taken. Prints a
table in Markdown.
"""

import argparse

import keras
import numpy as np
from sklearn.decomposition import PCA

import keras_cae
from keras_cae.datasets import load_images
from keras_cae.models import BasicCAE, BatchNormPoolCAE, ResidualCAE, SkipConnectionCAE

MODELS = (BasicCAE, BatchNormPoolCAE, SkipConnectionCAE, ResidualCAE)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="digits")
    parser.add_argument("--latent-dim", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=128)
    arguments = parser.parse_args()
    data = load_images(arguments.data)
    if data.test_images is None:
        train, _, test = data.split(validation=0.01)
    else:
        train, test = data.images, data.test_images
    print("| model | parameters | test MSE | PSNR (dB) | SSIM |\n| --- | ---: | ---: | ---: | ---: |")
    print(row("PCA", "", measure(pca(train, test, arguments.latent_dim), test)))
    for cls in MODELS:
        model = trained(cls, train, arguments)
        print(row(cls.__name__, f"{model.count_params():,}", measure(model.predict(test, verbose=0), test)))


def trained(cls, images, arguments):
    keras.utils.set_random_seed(0)
    model = cls(arguments.latent_dim)
    model.compile(optimizer="adam", loss="mse")
    model.fit(images, epochs=arguments.epochs, batch_size=arguments.batch_size, verbose=0)
    return model


def pca(train, test, components):
    def flat(images):
        return images.reshape(len(images), -1) / np.float32(255)

    model = PCA(components, svd_solver="randomized", random_state=0).fit(flat(train))
    return model.inverse_transform(model.transform(flat(test))).reshape(test.shape)


def measure(reconstructions, images):
    images = images / np.float32(255)
    metrics = [keras.metrics.MeanSquaredError(), keras_cae.metrics.PSNR(), keras_cae.metrics.SSIM()]
    for metric in metrics:
        metric.update_state(images, reconstructions)
    return [float(metric.result()) for metric in metrics]


def row(name, parameters, values):
    mse, psnr, ssim = values
    return f"| {name} | {parameters} | {mse:.5f} | {psnr:.2f} | {ssim:.3f} |"


if __name__ == "__main__":
    main()
