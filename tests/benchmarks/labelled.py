"""Images with classes, and the options of the programs that use them."""

import argparse
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits

DIGITS_FOR_TRAINING = 1437


class Labelled(NamedTuple):
    """Images as uint8, `(n, height, width, channels)`, and their classes, `(n,)`."""

    images: np.ndarray
    labels: np.ndarray


def make_parser(doc, latent_dim, epochs, batch_size):
    """Return the parser of a program with this docstring, with options for the images, the code size and training."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("data", nargs="?", default="digits")
    parser.add_argument("--latent-dim", type=int, default=latent_dim)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--batch-size", type=int, default=batch_size)
    return parser


def labelled_images(data):
    """Return the training and test parts of a file, or of scikit-learn's digits.

    Args:
        data: path of an `.npz` file with `x_train`, `y_train`, `x_test`, `y_test`, or "digits".
    """
    if data != "digits":
        with np.load(data) as file:
            return [Labelled(file[f"x_{part}"], file[f"y_{part}"].ravel()) for part in ("train", "test")]
    digits = load_digits()
    images = np.round(digits.images[..., None] * (255 / 16)).astype("uint8")
    order = np.random.default_rng(0).permutation(len(images))
    parts = (order[:DIGITS_FOR_TRAINING], order[DIGITS_FOR_TRAINING:])
    return [Labelled(images[part], digits.target[part]) for part in parts]
