"""The reconstruction quality of each image."""

from typing import Any

import numpy as np
from keras import ops

from keras_cae.comparison import check_comparable, comparable, spatial_axes
from keras_cae.metrics.psnr import peak_signal_noise_ratio
from keras_cae.similarity import structural_similarity
from keras_cae.wording import counted


def image_quality(targets: Any, outputs: Any, max_value: float) -> dict[str, Any]:
    """Return the mean squared error, PSNR and SSIM of each image's reconstruction; see `CAE.evaluate_images`."""
    y_true, y_pred = comparable(targets, max_value), comparable(outputs, max_value)
    check_comparable(y_true, y_pred, "evaluate_images")
    error = ops.mean(ops.square(y_true - y_pred), axis=(*spatial_axes(y_true), -1))
    return {
        "mse": error * max_value**2,
        "psnr": peak_signal_noise_ratio(y_true, y_pred),
        "ssim": structural_similarity(y_true, y_pred),
    }


def paired(images: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return images and targets as a tuple, after checking that they are two arrays of the same length."""
    if not isinstance(images, np.ndarray) or not isinstance(targets, np.ndarray) or len(images) != len(targets):
        raise ValueError(
            "images and targets must be arrays with the same number of images, got "
            f"{_described(images)} and {_described(targets)}."
        )
    return images, targets


def _described(images: Any) -> str:
    if not isinstance(images, np.ndarray):
        return f"a {type(images).__name__}"
    return counted(len(images), "images")
