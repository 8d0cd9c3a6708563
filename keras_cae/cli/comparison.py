"""Comparison of a trained model with PCA."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_cae import models
from keras_cae.cli.messages import say
from keras_cae.cli.pca import PCAReconstruction
from keras_cae.datasets import ImageSplit
from keras_cae.datasets.streamed_data import StreamedImages, StreamedSplit
from keras_cae.drawing.png import to_png
from keras_cae.drawing.reconstructions import draw_reconstructions
from keras_cae.files import write_atomically
from keras_cae.images import scale_images
from keras_cae.kinds import kind_of
from keras_cae.metrics import PSNR, SSIM

Images = np.ndarray | StreamedImages
Split = ImageSplit | StreamedSplit
PICTURED_IMAGES = 8
CHUNK, CHUNK_VALUES = 512, 2**25
"""The largest number of images, and of their values, that are converted to floats at once."""


class Quality(NamedTuple):
    """Mean squared error of pixels in [0, 1], PSNR in decibels and SSIM, averaged over images."""

    mse: float
    psnr: float
    ssim: float


def code_size(model: models.CAE, split: Split) -> int:
    """Return the number of values in the code of an image."""
    return model.encode(split.train[:1])[0].size


def compare(model: models.CAE, baseline: PCAReconstruction, split: Split) -> dict[str, Quality]:
    """Measure how well a model and PCA reconstruct the test images.

    Args:
        model: the trained model.
        baseline: the PCA, which is fitted to the training images.
        split: the images. If the model has a corruption, the corrupted images are reconstructed, and their own
            quality is measured as well.

    Returns:
        The quality by the name of the method.
    """
    baseline.fit(split.train)
    if baseline.fitted_images < len(split.train):
        say(f"To save memory, PCA was fitted to only {baseline.fitted_images:,} of the training images.")
    methods: dict[str, Any] = {
        type(model).__name__: lambda images: model.predict(images, verbose=0),
        f"PCA, {baseline.components} components": baseline.reconstruct,
    }
    if model.corruptions:
        state, noun = "noisy" if model.corruption else "corrupted", kind_of(split.test).noun
        methods[f"{state} {noun}"] = lambda images: images
    return {name: measure(split.test, model.corrupt, method) for name, method in methods.items()}


def measure(
    images: Images,
    corrupt: Callable[[np.ndarray], Any],
    reconstruct: Callable[[np.ndarray], Any],
) -> Quality:
    """Compare images with the reconstructions of their corrupted versions.

    Args:
        images: array `(n, *spatial, channels)`.
        corrupt: function from images to the inputs of `reconstruct`.
        reconstruct: function from inputs to reconstructions.
    """
    metrics = (keras.metrics.MeanSquaredError(), PSNR(), SSIM())
    step = min(CHUNK, max(1, CHUNK_VALUES // images[0].size))
    for start in range(0, len(images), step):
        chunk = images[start : start + step]
        clean = scale_images(chunk, "float32")
        reconstructions = reconstruct(np.asarray(corrupt(chunk)))
        for metric in metrics:
            metric.update_state(clean, reconstructions)
    return Quality(*(float(metric.result()) for metric in metrics))


def draw(model: models.CAE, images: Images, path: Path) -> None:
    """Save a figure of the first images and their reconstructions."""
    with write_atomically(path) as unfinished:
        unfinished.write_bytes(to_png(draw_reconstructions(model, images[:PICTURED_IMAGES])))
