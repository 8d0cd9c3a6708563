"""Pictures of signals, images and volumes with their reconstructions."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_cae.comparison import RANKS
from keras_cae.drawing.checked_images import HIGHEST, LOWEST, checked_images
from keras_cae.drawing.image_grid import ImageGrid, draw_image_grid
from keras_cae.drawing.thumbnails import SMALL
from keras_cae.images import scale_images
from keras_cae.kinds import all_shapes_in_words
from keras_cae.metrics.psnr import peak_signal_noise_ratio
from keras_cae.models.cae import CAE
from keras_cae.training.random_state import same_noise


def draw_reconstructions(model: keras.Model, images: Any, predict: Callable[[Any], Any] | None = None) -> np.ndarray:
    """Draw images and their reconstructions: input, corrupted input, reconstruction, error and PSNR.

    Signals are drawn as curves over each other, and volumes as their middle slices; see `picture_rows`. For values
    outside [0, 1], the root mean squared error replaces the PSNR.

    The corrupted input, with the noise used in evaluation, is shown for a `keras_cae.models.CAE` with a corruption. If
    the loss counts only the pixels that the corruption hides, another row shows these in white.
    Error and PSNR compare the reconstruction with the input, and are omitted if their shapes differ. The random state
    of training is not changed.

    Args:
        model: a model that maps images to images.
        images: `(n, height, width, channels)`, floats in [0, 1] or integers; or signals or volumes.
        predict: the function that returns reconstructions; by default the model, called with `training=False`.

    Returns:
        The picture, `(height, width, 3)` uint8.

    Raises:
        ValueError: the images are invalid or don't fit the model, or the model does not return images.
    """
    grid = reconstruction_grid(reconstruction_rows(model, checked_images(images), predict))
    return draw_image_grid(grid.rows, error=grid.error, captions=grid.captions)


def reconstruction_grid(rows: Mapping[str, np.ndarray]) -> ImageGrid:
    """Return what `draw_reconstructions` draws.

    Args:
        rows: the rows that `reconstruction_rows` returns.
    """
    images, reconstructions = rows["input"], rows["reconstruction"]
    if images.shape != reconstructions.shape:
        return ImageGrid(rows)
    return ImageGrid(rows, _absolute_error(images, reconstructions), _quality(images, reconstructions))


def _quality(images: np.ndarray, reconstructions: np.ndarray) -> dict[str, list[str]]:
    if images.min() >= LOWEST and images.max() <= HIGHEST:
        decibels = _to_array(peak_signal_noise_ratio(images, reconstructions))
        return {"PSNR, dB": [f"{value:.1f}" for value in decibels]}
    errors = np.sqrt(mean_squared_errors(images, reconstructions))
    return {"RMSE": [f"{error:.3g}" for error in errors]}


def mean_squared_errors(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each image, `(n,)`."""
    return np.square(images - reconstructions).mean(axis=tuple(range(1, images.ndim)))


def draw_ranked_reconstructions(images: np.ndarray, reconstructions: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Draw images and their reconstructions in the given order, each with its mean squared error.

    Args:
        images: floats `(n, *spatial, channels)`.
        reconstructions: floats of the same shape.
        errors: the mean squared error of each image, `(n,)`.

    Returns:
        The picture, `(height, width, 3)` uint8.
    """
    return draw_image_grid(
        {"input": images, "reconstruction": reconstructions},
        error=_absolute_error(images, reconstructions),
        captions={"MSE": [f"{error:.2g}" for error in errors]},
        min_side=SMALL,
    )


def reconstruction_rows(
    model: keras.Model, images: np.ndarray, predict: Callable[[Any], Any] | None = None
) -> dict[str, np.ndarray]:
    """Return the images that `draw_reconstructions` shows, as floats by the names of their rows."""
    # This includes the model, because some layers draw random numbers at inference, too.
    with same_noise(model):
        inputs, corrupted = corrupted_rows(model, images)
        outputs = predict(inputs) if predict else model(inputs, training=False)
    if len(getattr(outputs, "shape", ())) not in RANKS:
        raise ValueError(
            f"The model {model.name!r} must return {all_shapes_in_words()}, got {getattr(outputs, 'shape', outputs)}."
        )
    return {"input": _to_array(scale_images(images)), **corrupted, "reconstruction": _to_array(outputs)}


def corrupted_rows(model: keras.Model, images: np.ndarray) -> tuple[Any, dict[str, np.ndarray]]:
    """Apply a model's corruption to images.

    Returns:
        The inputs of the model in evaluation, and the rows that show the effect of the corruption.
    """
    if not isinstance(model, CAE):
        return images, {}
    inputs, weights = model.corrupt(images, return_weights=True)
    rows = {}
    if weights is not None:
        rows["hidden"] = (_to_array(weights) > 0).astype("float32")[..., None]
    if model.corruptions:
        rows["corrupted"] = _to_array(inputs)
    return inputs, rows


def _absolute_error(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    return np.abs(images - reconstructions).mean(axis=-1)


def _to_array(tensor: Any) -> np.ndarray:
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))
