"""Loading of presets by name, path or handle."""

import os
from pathlib import Path
from typing import Any

import keras

from keras_cae.extras import install_hint
from keras_cae.presets.bundled import bundled_folders
from keras_cae.presets.preset_folder import PresetFolder, check_class, fresh

HUGGING_FACE, KAGGLE = "hf://", "kaggle://"


def load_preset(preset: Any, kind: Any, load_weights: bool) -> Any:
    """Load the model of a preset.

    Args:
        preset: a name, a folder or a handle.
        kind: the required class of the model, or a base class.
        load_weights: whether to load the weights of the preset instead of initializing new weights.

    Raises:
        TypeError: `preset` is none of these.
        ValueError: there is no such preset, it contains a model of another class, or it is damaged.
        ImportError: the handle needs a package that is not installed.
        OSError: the download failed.
    """
    if not isinstance(preset, str | os.PathLike):
        raise TypeError(f"preset must be a name, the path of a folder or a handle, got {preset!r}.")
    if str(preset).startswith(HUGGING_FACE):
        return _from_hugging_face(str(preset), kind, load_weights)
    if str(preset).startswith(KAGGLE):
        return PresetFolder(_from_kaggle(str(preset))).load(kind, load_weights)
    return _folder(preset).load(kind, load_weights)


def check_folder(preset: Any) -> Path:
    """Return the path of a folder to write to.

    Raises:
        TypeError: `preset` is not a path.
        ValueError: `preset` is a handle.
    """
    if not isinstance(preset, str | os.PathLike):
        raise TypeError(f"preset must be the path of a folder, got {preset!r}.")
    if "://" in str(preset) or not str(preset):
        raise ValueError(
            f"preset must be the path of a local folder, got {str(preset)!r}. Save to a folder and upload it, for "
            "instance with huggingface_hub.HfApi().upload_folder."
        )
    return Path(preset)


def _folder(preset: str | os.PathLike[str]) -> PresetFolder:
    bundled = bundled_folders()
    if preset in bundled:
        return bundled[str(preset)]
    if "://" not in str(preset) and Path(preset).is_dir():
        return PresetFolder(Path(preset))
    names = ", ".join(repr(name) for name in bundled)
    raise ValueError(
        f"There is no preset {str(preset)!r}. preset must be the path of a folder that model.save_to_preset wrote, a "
        f"handle that starts with {HUGGING_FACE} or {KAGGLE}, or the name of a bundled preset: "
        f"{names or 'there are none'}."
    )


def _from_hugging_face(handle: str, kind: Any, load_weights: bool) -> Any:
    if not 1 <= handle.removeprefix(HUGGING_FACE).strip("/").count("/") <= 1:
        raise ValueError(f"preset must have the form hf://USER/REPOSITORY, got {handle!r}.")
    try:
        model = keras.saving.load_model(handle, compile=False)
    except ImportError as error:
        raise ImportError(f"{handle!r} needs huggingface_hub, which is not installed. {install_hint('hub')}") from error
    except Exception as error:
        raise _unreachable(handle, error) from error
    check_class(type(model), kind, handle)
    return model if load_weights else fresh(model)


def _from_kaggle(handle: str) -> Path:
    model = handle.removeprefix(KAGGLE)
    if model.count("/") not in (3, 4):
        raise ValueError(f"preset must have the form kaggle://USER/MODEL/keras/VARIATION, got {handle!r}.")
    try:
        import kagglehub
    except ImportError as error:
        raise ImportError(f"{handle!r} needs kagglehub, which is not installed. {install_hint('hub')}") from error
    try:
        return Path(kagglehub.model_download(model))
    except Exception as error:
        raise _unreachable(handle, error) from error


def _unreachable(handle: str, error: Exception) -> Exception:
    """Return the error for a failed download, or for downloaded data that are invalid."""
    kind = ValueError if isinstance(error, ValueError | TypeError) and not isinstance(error, OSError) else OSError
    return kind(
        f"The preset {handle!r} can't be loaded. Check its name, the network connection, and whether it is a model of "
        f"keras_cae. ({type(error).__name__}: {error})"
    )
