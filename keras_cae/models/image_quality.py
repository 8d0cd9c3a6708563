"""How well a model reconstructs each image."""

from typing import Any

import numpy as np
from keras import ops

from keras_cae.comparison import check_comparable, comparable, spatial_axes
from keras_cae.metrics.psnr import peak_signal_noise_ratio
from keras_cae.similarity import structural_similarity
from keras_cae.training.inference import Inference
from keras_cae.validation import positive_float


def measured_images(model: Any, images: Any, targets: Any, max_value: float, batch_size: int) -> dict[str, np.ndarray]:
    """The mean squared error, PSNR and SSIM of each image's reconstruction, see `CAE.evaluate_images`."""
    max_value = positive_float(max_value, "max_value")

    def check(batch: Any) -> None:
        model._check_batch(batch[0] if isinstance(batch, tuple) else batch)

    def measured(batch: Any) -> dict[str, Any]:
        inputs, expected = batch if isinstance(batch, tuple) else (batch, batch)
        outputs = model.reconstruct(inputs)
        y_true, y_pred = comparable(expected, max_value), comparable(outputs, max_value)
        check_comparable(y_true, y_pred, "evaluate_images")
        error = ops.mean(ops.square(y_true - y_pred), axis=(*spatial_axes(y_true), -1))
        return {
            "mse": error * max_value**2,
            "psnr": peak_signal_noise_ratio(y_true, y_pred),
            "ssim": structural_similarity(y_true, y_pred),
        }

    data = images if targets is None else _paired(images, targets)
    found = Inference(measured, check, eager=lambda: bool(model.run_eagerly))(data, batch_size)
    return {name: np.asarray(values) for name, values in found.items()}


def _paired(images: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(images, np.ndarray) or not isinstance(targets, np.ndarray) or len(images) != len(targets):
        raise ValueError(
            "images and targets must be arrays with the same number of images, got "
            f"{_described(images)} and {_described(targets)}."
        )
    return images, targets


def _described(images: Any) -> str:
    return f"{len(images)} images" if isinstance(images, np.ndarray) else f"a {type(images).__name__}"
