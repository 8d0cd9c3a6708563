"""Models that denoise grey and colour photographs."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.cli.denoising.photograph import COLOUR, GREY
from keras_cae.cli.machine_options import PrecisionName
from keras_cae.cli.precision import choose_precision
from keras_cae.cli.run_folder import RunFolder
from keras_cae.cli.saved_model import load_saved
from keras_cae.models import CAE
from keras_cae.precision import POLICIES, in_precision
from keras_cae.presets.preset_folder import CONFIG
from keras_cae.tiling import predict_tiled

PRESETS = {GREY: "photographs-grey", COLOUR: "photographs-colour"}
"""The bundled presets, by the number of channels."""
MEASURED_SIDE = 128
"""The side of the images on which precisions are compared."""
IN_WORDS = {GREY: "grey", COLOUR: "colour"}
MOST_OF_UNIT = 2.0
"""The largest value expected in images with white at 1 and strong noise."""


class Denoisers(ABC):
    """Denoises images with a suitable model."""

    def denoise(self, floats: np.ndarray) -> np.ndarray:
        """Return the denoised image.

        Args:
            floats: from 0 to 1, `(height, width, 1)` or `(height, width, 3)`.
        """
        model = self.model_for(floats.shape[-1])
        scale = np.float32(_white_of(model))
        taken = model.built_shape[-1]
        scaled = floats * scale
        if taken == floats.shape[-1]:
            return predict_tiled(model, scaled) / scale
        if taken == GREY:
            parts = [predict_tiled(model, scaled[..., channel : channel + 1]) for channel in range(floats.shape[-1])]
            return np.concatenate(parts, axis=-1) / scale
        made = predict_tiled(model, np.repeat(scaled, taken, axis=-1))
        return made.mean(axis=-1, keepdims=True) / scale

    @abstractmethod
    def model_for(self, channels: int) -> Any:
        """Return the model for images with a number of channels."""

    @abstractmethod
    def describe(self) -> str:
        """Return a short description."""


class Presets(Denoisers):
    """The bundled models. If there is only one, it denoises all images.

    Args:
        precision: precision of the models: "auto", "float32", "bfloat16" or "float16".

    Raises:
        ValueError: there are no bundled models.
    """

    def __init__(self, precision: PrecisionName = "float32") -> None:
        self._precision = precision
        self._names = {channels: name for channels, name in PRESETS.items() if name in CAE.presets}
        if not self._names:
            raise ValueError(
                "This version of keras_cae contains no preset for photographs. Pass a denoising model with --model "
                "MODEL, or train on the noisy images themselves with --train."
            )
        self._models: dict[str, Any] = {}

    def model_for(self, channels: int) -> Any:
        name = self._names.get(channels) or next(iter(self._names.values()))
        if name not in self._models:
            self._models[name] = _in_precision(CAE.from_preset(name), self._precision)
        return self._models[name]

    def describe(self) -> str:
        return "bundled presets"


class OneModel(Denoisers):
    """A model given by the user.

    Args:
        name: a file, a folder, the name of a preset or a handle.
        precision: precision of the model: "auto", "float32", "bfloat16" or "float16".

    Raises:
        OSError, ImportError: the model can't be loaded.
        ValueError: the model does not support grey or colour images.
    """

    def __init__(self, name: str, precision: PrecisionName = "float32") -> None:
        self.name = name
        self.model = _load(name)
        shape = self.model.built_shape
        if shape is None or self.model.rank != 2 or shape[-1] not in (GREY, COLOUR):
            raise ValueError(
                f"--model must be a model for images with 1 or 3 channels, got {name!r}, which was built for the shape "
                f"{shape}."
            )
        self.model = _in_precision(self.model, precision)

    def model_for(self, channels: int) -> Any:
        return self.model

    def describe(self) -> str:
        return self.name


def _in_precision(model: Any, precision: PrecisionName) -> Any:
    """Return the model in a precision, or in the fastest one for "auto"."""
    shape = (*(side or MEASURED_SIDE for side in model.built_shape[1:-1]), model.built_shape[-1])
    chosen = choose_precision(precision, model, image_shape=shape, batch_size=1, training=False)
    return in_precision(model, POLICIES[chosen])


def _load(name: str) -> Any:
    path = Path(name)
    if path.is_file():
        remedy = "Train one with: keras-cae train DATA --model denoising"
        return load_saved(path, CAE, "model", "an autoencoder of keras_cae", remedy)
    if path.is_dir() and not (path / CONFIG).exists() and RunFolder(path).model.is_file():
        return _load(str(RunFolder(path).model))
    return CAE.from_preset(name)


def _white_of(model: Any) -> float:
    """Return the value of white for a model: 255 if it was trained on floats up to 255, otherwise 1."""
    _, highest = model._gate.span or (0.0, 1.0)
    return 255.0 if highest > MOST_OF_UNIT else 1.0
