"""Loading of models from files and run folders."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from keras_cae.cli.run_folder import RunFolder

TRAIN_ONE = "Train one with: keras-cae train DATA"


@dataclass(frozen=True)
class SavedModel:
    """An autoencoder and how its images are read from files.

    Args:
        path: path of the file.
        autoencoder: the model, which is built.
        detector: the anomaly detector that contains the model, or None.
        resize: how images are resized: "stretch", "crop" or "pad".
        image_size: `(height, width)` to which a detector resizes images from files, or None.
    """

    path: Path
    autoencoder: Any
    detector: Any = None
    resize: str = "stretch"
    image_size: tuple[int, int] | None = None


def load_saved(path: Path, kinds: Any, noun: str, expected: str, remedy: str) -> Any:
    """Load a model and check its class.

    Args:
        path: path of the file.
        kinds: the expected class, or a tuple of classes.
        noun: noun for error messages, such as "detector".
        expected: description of the expected class with an article, such as "an AnomalyDetector".
        remedy: sentence that says how to create such a file.

    Raises:
        OSError: there is no such file.
        ValueError: the file holds something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no {noun} {str(path)!r}. {remedy}")
    try:
        loaded = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"The {noun} {str(path)!r} can't be loaded: {error}") from error
    if not isinstance(loaded, kinds):
        raise ValueError(f"{str(path)!r} contains a {type(loaded).__name__}, not {expected}. {remedy}")
    return loaded


def load_any(path: Path) -> tuple[Path, Any]:
    """Load an autoencoder or a detector from its file, or the model in a run folder.

    Returns:
        The path of the file and the loaded object.

    Raises:
        OSError: there is no such file.
        ValueError: the file holds something else.
    """
    from keras_cae.anomaly import AnomalyDetector
    from keras_cae.models import CAE

    file = RunFolder(path).model if path.is_dir() else path
    expected = "an autoencoder of keras_cae or a detector"
    return file, load_saved(file, (CAE, AnomalyDetector), "model", expected, TRAIN_ONE)


def load_autoencoder(path: Path) -> SavedModel:
    """Load an autoencoder from its file, from the file of a detector, or from a run folder.

    Raises:
        OSError: there is no such file.
        ValueError: the file holds something else, or a model that was never built.
    """
    from keras_cae.models import CAE

    file, loaded = load_any(path)
    detector = None if isinstance(loaded, CAE) else loaded
    autoencoder = loaded if detector is None else detector.autoencoder
    if not autoencoder.built:
        raise ValueError(f"The model {str(file)!r} was saved before it was built. Train it, and save it again.")
    if detector is not None:
        return SavedModel(file, autoencoder, detector, detector.resize, detector.image_size)
    return SavedModel(file, autoencoder, resize=_resize_of_run(file))


def _resize_of_run(file: Path) -> str:
    """Return how the images of a run were resized, if its results are in the same folder as the model."""
    resize = None
    with suppress(OSError, ValueError, KeyError, TypeError):
        resize = json.loads(RunFolder(file.parent).results.read_text())["settings"]["resize"]
    return resize if resize in ("stretch", "crop", "pad") else "stretch"
