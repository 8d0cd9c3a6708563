"""A trained model beside PCA."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_cae import models
from keras_cae.cli.measuring import measure
from keras_cae.cli.messages import say
from keras_cae.cli.pca import PCAReconstruction
from keras_cae.cli.quality import Quality
from keras_cae.datasets import ImageSplit
from keras_cae.drawing.reconstructions import draw_reconstructions

PICTURED_IMAGES = 8


def code_size(model: models.CAE, split: ImageSplit) -> int:
    """How many numbers the code of an image has."""
    return model.encode(split.train[:1])[0].size


def compare(model: models.CAE, baseline: PCAReconstruction, split: ImageSplit) -> dict[str, Quality]:
    """The quality of a model's and of PCA's reconstructions of the test images, by the names of the methods.

    Args:
        model: the trained model.
        baseline: is fitted to the training images.
        split: the images. What the model's corruptions make of them is what is reconstructed, and a row.
    """
    baseline.fit(split.train)
    if baseline.fitted_images < len(split.train):
        say(f"PCA was fitted to {baseline.fitted_images:,} of the training images, to save memory.")
    methods: dict[str, Any] = {
        type(model).__name__: lambda images: model.predict(images, verbose=0),
        f"PCA, {baseline.components} components": baseline.reconstruct,
    }
    if model.corruptions:
        methods["noisy images" if model.corruption else "corrupted images"] = lambda images: images
    return {name: measure(split.test, model.corrupt, method) for name, method in methods.items()}


def draw(model: models.CAE, images: np.ndarray, path: Path) -> None:
    """Save a picture of the first images and their reconstructions."""
    Image.fromarray(draw_reconstructions(model, images[:PICTURED_IMAGES])).save(path)
