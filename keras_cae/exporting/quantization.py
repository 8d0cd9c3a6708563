"""Quantization of a file, and its effect on the quality."""

from typing import Any, NamedTuple

import numpy as np

from keras_cae.exporting.file_format import Run
from keras_cae.exporting.served import Served
from keras_cae.images import scale_images
from keras_cae.training.inference import batches_of
from keras_cae.validation import one_of

QUANTIZATIONS = ("int8",)
MOST_IMAGES = 512
"""The maximum number of representative images to use."""


class Cost(NamedTuple):
    """The effect of quantization on the representative images."""

    largest_difference: float
    psnr: float | None
    psnr_loss: float | None


class Representatives:
    """Representative images for the quantization of a part of an autoencoder.

    Args:
        model: the autoencoder.
        served: the part to quantize.
        part: the name of the part.
        images: an array, a dataset or a generator.

    Raises:
        ValueError: there are no images, or they are invalid for the model.
    """

    def __init__(self, model: Any, served: Served, part: str, images: Any) -> None:
        self.served, self.part = served, part
        batches, left = [], MOST_IMAGES
        for batch in batches_of(images, batch_size=32):
            model._gate.check_array(batch, "representative_images")
            batches.append(batch[:left])
            left -= len(batches[-1])
            if left <= 0:
                break
        if not sum(map(len, batches)):
            raise ValueError("representative_images must contain at least one image, got none.")
        self.images = batches
        if part == "decoder":
            self.inputs = [np.asarray(model.encode(batch)).astype(served.dtype) for batch in batches]
        else:
            self.inputs = [as_type(batch, served.dtype) for batch in batches]

    @property
    def one_by_one(self) -> list[np.ndarray]:
        """The inputs in batches of one, with which the converter calibrates the ranges of values."""
        return [batch[index : index + 1] for batch in self.inputs for index in range(len(batch))]

    def cost(self, run: Run) -> Cost:
        """Compare a quantized file with the model."""
        differences, errors, own_errors, peak = [], [], [], 0.0
        for images, batch in zip(self.images, self.inputs, strict=True):
            expected = next(iter(self.served.here(batch).values())).astype("float64")
            got = next(iter(run(batch).values())).astype("float64")
            differences.append(np.max(np.abs(got - expected)))
            truth = np.asarray(scale_images(images, "float32"), "float64")
            if self.part != "encoder" and truth.shape == expected.shape:
                errors.append(np.square(got - truth).ravel())
                own_errors.append(np.square(expected - truth).ravel())
                peak = max(peak, float(truth.max()) - min(0.0, float(truth.min())))
        largest = float(max(differences))
        if not np.isfinite(largest):
            raise ValueError("The outputs of the quantized file are not finite. The file was deleted.")
        if not errors:
            return Cost(largest, None, None)
        psnr, own = (_psnr(np.mean(np.concatenate(each)), peak) for each in (errors, own_errors))
        return Cost(largest, psnr, own - psnr)


def as_type(images: np.ndarray, dtype: str) -> np.ndarray:
    """Convert images to the dtype of an input. Floats in [0, 1] become integers and vice versa."""
    is_integer = "float" not in str(images.dtype)
    if str(images.dtype) == dtype:
        return images
    floats = np.asarray(scale_images(images, "float32")) if is_integer else images
    if "float" in dtype:
        return floats.astype(dtype)
    return np.clip(np.round(floats * np.iinfo(dtype).max), 0, np.iinfo(dtype).max).astype(dtype)


def check_quantization(quantize: str | None, representative_images: Any, file_format: str) -> None:
    """Raise a `ValueError` if the arguments about quantization are inconsistent."""
    if quantize is None:
        if representative_images is not None:
            raise ValueError("representative_images requires quantize='int8', got quantize=None.")
        return
    one_of(quantize, "quantize", QUANTIZATIONS)
    if file_format != "litert":
        raise ValueError(f"quantize={quantize!r} is only supported for format='litert', got format={file_format!r}.")
    if representative_images is None:
        raise ValueError(
            f"quantize={quantize!r} requires representative_images to calibrate the ranges of values. Pass a few "
            "hundred images similar to those that the file will be applied to."
        )


def _psnr(error: float, peak: float) -> float:
    return float(10.0 * np.log10((peak or 1.0) ** 2 / max(error, 1e-20)))
