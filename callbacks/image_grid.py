"""Pictures of images beside what a model makes of them."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.callbacks.grid_canvas import GridCanvas
from keras_cae.callbacks.image_tiles import SMALLEST_SIDE, color_tiles, image_tiles
from keras_cae.callbacks.shown_images import shown_images
from keras_cae.images import scale_images
from keras_cae.metrics.psnr import peak_signal_noise_ratio
from keras_cae.models.cae import CAE
from keras_cae.training.random_state import same_noise

ERROR_SCALE = 0.5
"""The error that has the last colour: fixed, so that pictures of different epochs compare."""


def draw_reconstructions(model: keras.Model, images: Any, predict: Callable[[Any], Any] | None = None) -> np.ndarray:
    """Draw what a model makes of images: input, corrupted input, reconstruction, error and PSNR.

    The corrupted input is there for a `keras_cae.models.CAE` with a corruption, whose noise is that of
    evaluation; if that hides pixels, these are shown in white. Error and PSNR compare the reconstruction with
    the input, and are left out if the two have different shapes. Training's random numbers stay as they are.

    Args:
        model: a model from images to images.
        images: `(n, height, width, channels)`, floats in [0, 1] or integers.
        predict: what makes the reconstructions; by default the model, called with `training=False`.

    Returns:
        The picture, `(height, width, 3)` of uint8.

    Raises:
        ValueError: the images are not of the kind named above or don't fit the model, or the model does not
            make images.
    """
    rows = reconstruct(model, shown_images(images), predict)
    images, reconstructions = rows["input"], rows["reconstruction"]
    if images.shape != reconstructions.shape:
        return reconstruction_grid(rows)
    decibels = _to_array(peak_signal_noise_ratio(images, reconstructions))
    return reconstruction_grid(
        rows,
        error=np.abs(images - reconstructions).mean(axis=-1),
        captions={"PSNR, dB": [f"{value:.1f}" for value in decibels]},
    )


def reconstruct(
    model: keras.Model, images: np.ndarray, predict: Callable[[Any], Any] | None = None
) -> dict[str, np.ndarray]:
    """The images that `draw_reconstructions` shows, as floats by the names of their rows."""
    rows = {"input": _to_array(scale_images(images))}
    # Around the whole model, because some layers draw random numbers at inference too.
    with same_noise(model):
        inputs = images
        if isinstance(model, CAE):
            inputs = model.corrupt(images)
            rows |= _corrupted_rows(model, inputs)
        outputs = predict(inputs) if predict else model(inputs, training=False)
    if len(getattr(outputs, "shape", ())) != 4:
        raise ValueError(
            f"The model {model.name!r} must make images of shape (n, height, width, channels), got "
            f"{getattr(outputs, 'shape', outputs)}."
        )
    return {**rows, "reconstruction": _to_array(outputs)}


def _corrupted_rows(model: CAE, inputs: Any) -> dict[str, np.ndarray]:
    """What the model's corruption made of images, and which of their pixels it hides."""
    masks = [layer for layer in model.corruptions if callable(getattr(layer, "draw", None))]
    rows = {}
    if masks:
        hidden = functools.reduce(ops.logical_or, (layer.draw(inputs) for layer in masks))
        rows["hidden"] = _to_array(hidden)[..., None]
    if model.corruptions:
        rows["corrupted"] = _to_array(inputs)
    return rows


def reconstruction_grid(
    rows: Mapping[str, np.ndarray],
    error: np.ndarray | None = None,
    captions: Mapping[str, Sequence[str]] | None = None,
    smallest_side: int = SMALLEST_SIDE,
) -> np.ndarray:
    """Draw rows of images, each with its name, on white. A column holds what belongs to one image.

    Args:
        rows: for each row its name, and images `(n, height, width, channels)` with values from 0 to 1.
            `image_tiles` says how they are shown.
        error: absolute errors `(n, height, width)` for a row of that name, in colours from 0 to
            `ERROR_SCALE`.
        captions: for each row of texts its name, and one text for each image.
        smallest_side: pixels that the longer side of a shown image has at least.

    Returns:
        The picture, `(height, width, 3)` of uint8.
    """
    tiles = {name: image_tiles(images, smallest_side) for name, images in rows.items()}
    captions = captions or {}
    names = [*tiles, "error", *captions]
    columns = max(len(row) for row in tiles.values())
    canvas = GridCanvas(columns, max(row.shape[2] for row in tiles.values()), names)
    for name, row in tiles.items():
        canvas.add_images(name, row)
    if error is not None:
        canvas.add_images("error", color_tiles(error / ERROR_SCALE, smallest_side), scale=ERROR_SCALE)
    for name, texts in captions.items():
        canvas.add_texts(name, texts)
    return canvas.picture()


def _to_array(tensor: Any) -> np.ndarray:
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))
