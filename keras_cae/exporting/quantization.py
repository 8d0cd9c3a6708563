"""The quantization of a file, and its cost."""

from typing import Any, NamedTuple

import numpy as np

from keras_cae.exporting.file_format import Run
from keras_cae.exporting.served import Served
from keras_cae.images import scale_images
from keras_cae.training.inference import batches_of
from keras_cae.validation import one_of

QUANTIZATIONS = ("int8",)
MOST_IMAGES = 512
"""How many representative images are looked at."""


class Cost(NamedTuple):
    """What quantization changes on the representative images."""

    largest_difference: float
    psnr: float | None
    psnr_loss: float | None


class Representatives:
    """Representative images, as they go through a part of an autoencoder.

    Args:
        model: the autoencoder.
        served: part of the model that is quantized.
        part: the name of the part.
        images: an array, a dataset or a generator.

    Raises:
        ValueError: there are no images, or they are not of the kind that the model takes.
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
            raise ValueError("representative_images must hold at least one image, got none.")
        self.images = batches
        if part == "decoder":
            self.inputs = [np.asarray(model.encode(batch)).astype(served.dtype) for batch in batches]
        else:
            self.inputs = [as_type(batch, served.dtype) for batch in batches]

    @property
    def one_by_one(self) -> list[np.ndarray]:
        """The inputs in batches of one, from which the converter learns the ranges of values."""
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
            raise ValueError("The quantized file gives values that are not finite. It was not kept.")
        if not errors:
            return Cost(largest, None, None)
        psnr, own = (_psnr(np.mean(np.concatenate(each)), peak) for each in (errors, own_errors))
        return Cost(largest, psnr, own - psnr)


def as_type(images: np.ndarray, dtype: str) -> np.ndarray:
    """Return images as an input of a type takes them: floats in [0, 1] become integers and the other way round."""
    is_integer = "float" not in str(images.dtype)
    if str(images.dtype) == dtype:
        return images
    floats = np.asarray(scale_images(images, "float32")) if is_integer else images
    if "float" in dtype:
        return floats.astype(dtype)
    return np.clip(np.round(floats * np.iinfo(dtype).max), 0, np.iinfo(dtype).max).astype(dtype)


def check_quantization(quantize: str | None, representative_images: Any, file_format: str) -> None:
    """Raise a `ValueError` unless the arguments about quantization fit together."""
    if quantize is None:
        if representative_images is not None:
            raise ValueError("representative_images need quantize='int8', which was not given.")
        return
    one_of(quantize, "quantize", QUANTIZATIONS)
    if file_format != "litert":
        raise ValueError(f"quantize={quantize!r} is for format='litert' only, got format={file_format!r}.")
    if representative_images is None:
        raise ValueError(
            f"quantize={quantize!r} needs representative_images, some hundred of the kind that the file will see, "
            "from which it learns the ranges of values."
        )


def _psnr(error: float, peak: float) -> float:
    return float(10.0 * np.log10((peak or 1.0) ** 2 / max(error, 1e-20)))
