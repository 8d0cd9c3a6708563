"""Models that are trained on the noisy photographs."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_cae.cli.denoising.denoisers import IN_WORDS, Denoisers
from keras_cae.cli.denoising.photograph import read_photograph
from keras_cae.cli.machine_options import PrecisionName
from keras_cae.cli.precision import choose_precision
from keras_cae.models import BlindSpotCAE
from keras_cae.optimizers import Muon
from keras_cae.precision import POLICIES

PATCH, BATCH, LEARNING_RATE = 64, 4, 2e-3
KEPT_BYTES = 2**28
"""The largest size of the cache of images."""


class Trained(Denoisers):
    """A `BlindSpotCAE` for grey images, and one for colour images.

    Args:
        images: the files, by the number of channels.
        steps: number of training steps for each model.
        seed: seed of weights and patches.
        callback: callback for training.
        precision: precision of the models: "auto", "float32", "bfloat16" or "float16".
    """

    def __init__(
        self, images: dict[int, list[Path]], steps: int, seed: int, callback: Any, precision: PrecisionName = "float32"
    ) -> None:
        self._models = {
            channels: train(paths, channels, steps, seed, callback, precision)
            for channels, paths in images.items()
            if paths
        }

    def model_for(self, channels: int) -> Any:
        return self._models[channels]

    def describe(self) -> str:
        kinds = " and ".join(IN_WORDS[channels] for channels in self._models)
        return f"BlindSpotCAE, trained on the {kinds} images"


def train(
    paths: Sequence[Path], channels: int, steps: int, seed: int, callback: Any, precision: PrecisionName = "float32"
) -> Any:
    """Train a model on files of images with a number of channels."""
    measured: dict[str, Any] = {"image_shape": (PATCH, PATCH, channels), "batch_size": BATCH}
    policy = POLICIES[choose_precision(precision, BlindSpotCAE(patch_size=None), **measured)]
    keras.utils.set_random_seed(seed)
    model = BlindSpotCAE(patch_size=None, seed=seed, dtype=policy)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(Muon(schedule), loss="mse")
    model.fit(Patches(paths, channels, steps, seed), shuffle=False, verbose=0, callbacks=[callback])
    return model


class Patches(keras.utils.PyDataset):
    """Batches of random patches that are flipped and rotated. Each batch comes from one photograph.

    Files are read during training, and the most recently used images are cached.

    Args:
        paths: the files, all of which are readable.
        channels: number of channels of the patches.
        steps: number of batches.
        seed: seed of the random choices.
    """

    def __init__(self, paths: Sequence[Path], channels: int, steps: int, seed: int) -> None:
        super().__init__()
        self.paths, self.channels, self.steps, self.seed = paths, channels, steps, seed
        self._kept: OrderedDict[Path, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> np.ndarray:
        random = np.random.default_rng((self.seed, index))
        image = self._image(self.paths[int(random.integers(len(self.paths)))])
        return np.stack([_patch(image, random) for _ in range(BATCH)])

    def _image(self, path: Path) -> np.ndarray:
        if path not in self._kept:
            self._kept[path] = _large_enough(read_photograph(path).floats())
            while len(self._kept) > 1 and sum(image.nbytes for image in self._kept.values()) > KEPT_BYTES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(path)
        return self._kept[path]


def _large_enough(image: np.ndarray) -> np.ndarray:
    missing = [(0, max(0, PATCH - side)) for side in image.shape[:2]]
    return np.pad(image, (*missing, (0, 0)), mode="symmetric")


def _patch(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    top, left = (random.integers(side - PATCH + 1) for side in image.shape[:2])
    patch = np.rot90(image[top : top + PATCH, left : left + PATCH], int(random.integers(4)))
    return patch[:, ::-1] if random.integers(2) else patch
