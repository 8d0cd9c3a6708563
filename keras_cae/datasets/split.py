"""Splitting of images into parts for training, for choosing the best epoch and for testing."""

from typing import NamedTuple

import numpy as np

from keras_cae.wording import counted


class ImageSplit(NamedTuple):
    """Three arrays of different images."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split_images(
    images: np.ndarray,
    test_images: np.ndarray | None,
    validation: float,
    test: float,
    seed: int,
) -> ImageSplit:
    """Split images at random; `ImageData.split` describes the arguments."""
    fractions = {"validation": validation}
    if test_images is None:
        fractions["test"] = test
    sizes = [_part(len(images), fraction, name) for name, fraction in fractions.items()]
    if sum(fractions.values()) >= 1 or sum(sizes) >= len(images):
        raise ValueError(
            f"{counted(len(images), 'images')} {'is' if len(images) == 1 else 'are'} too few for training and "
            f"{' and '.join(fractions)} "
            f"({' and '.join(f'{fraction:g}' for fraction in fractions.values())} of them). "
            "Use more images or smaller fractions."
        )
    # Sorted, so that the images are read from memory in order.
    parts = np.split(np.random.default_rng(seed).permutation(len(images)), np.cumsum(sizes))
    validation_part, *test_part, train_part = (images[np.sort(part)] for part in parts)
    return ImageSplit(train_part, validation_part, test_part[0] if test_images is None else test_images)


def _part(count: int, fraction: float, name: str) -> int:
    if not 0 < fraction < 1:
        raise ValueError(f"{name} must be a fraction between 0 and 1, got {fraction!r}.")
    return max(1, round(fraction * count))
