"""The models that denoise photographs: one for those that are grey, one for those in colours."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.cli.denoising.photograph import COLOUR, GREY
from keras_cae.cli.run_folder import RunFolder
from keras_cae.cli.saved_model import load_saved
from keras_cae.models import CAE
from keras_cae.presets.preset_folder import CONFIG
from keras_cae.tiling import predict_tiled

PRESETS = {GREY: "photographs-grey", COLOUR: "photographs-colour"}
"""The bundled presets, by the channels that they take."""
IN_WORDS = {GREY: "grey", COLOUR: "colour"}
MOST_OF_UNIT = 2.0
"""The largest value of images whose white is 1 and that have strong noise."""


class Denoisers(ABC):
    """Removes noise with the model that fits an image."""

    def denoise(self, floats: np.ndarray) -> np.ndarray:
        """Return the image without noise.

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
        """Return the model for images of so many channels."""

    @abstractmethod
    def describe(self) -> str:
        """Return what it is, in a few words."""


class Presets(Denoisers):
    """The bundled models. Where there is one only, it denoises all images.

    Raises:
        ValueError: there are none.
    """

    def __init__(self) -> None:
        self._names = {channels: name for channels, name in PRESETS.items() if name in CAE.presets}
        if not self._names:
            raise ValueError(
                "There is no bundled preset for photographs in this version of keras_cae. Pass a denoising model with "
                "--model MODEL, or learn from the noisy images themselves with --train."
            )
        self._models: dict[str, Any] = {}

    def model_for(self, channels: int) -> Any:
        name = self._names.get(channels) or next(iter(self._names.values()))
        if name not in self._models:
            self._models[name] = CAE.from_preset(name)
        return self._models[name]

    def describe(self) -> str:
        return "bundled presets"


class OneModel(Denoisers):
    """A model that the user names.

    Args:
        name: a file, a folder, the name of a preset or a handle.

    Raises:
        OSError, ImportError: it can't be reached.
        ValueError: it is none that takes grey or colour images.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.model = _load(name)
        shape = self.model.built_shape
        if shape is None or self.model.rank != 2 or shape[-1] not in (GREY, COLOUR):
            raise ValueError(
                f"--model {name!r} must be a model of grey images or of images in three colours, got one that was "
                f"built for the shape {shape}."
            )

    def model_for(self, channels: int) -> Any:
        return self.model

    def describe(self) -> str:
        return self.name


def _load(name: str) -> Any:
    path = Path(name)
    if path.is_file():
        remedy = "Train one with: keras-cae train DATA --model denoising"
        return load_saved(path, CAE, "model", "an autoencoder of keras_cae", remedy)
    if path.is_dir() and not (path / CONFIG).exists() and RunFolder(path).model.is_file():
        return _load(str(RunFolder(path).model))
    return CAE.from_preset(name)


def _white_of(model: Any) -> float:
    """Return what white is in the unit of a model: 1, or 255 for one that was trained on floats up to there."""
    _, highest = model._gate.span or (0.0, 1.0)
    return 255.0 if highest > MOST_OF_UNIT else 1.0
