"""Settings of a stopped training run, from which it is resumed."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from keras_cae.cli.options import DataOptions, ImageSize, Widths
from keras_cae.cli.run_folder import RunFolder
from keras_cae.datasets.load_images import DATASETS

IMAGES = "images_sha256"
"""The name of the fingerprint of the images in the settings of a run."""
NOT_OPTIONS = ("given", "out", "resume", "device")


def settings_of(options: DataOptions, parts: Iterable[Any]) -> dict[str, Any]:
    """Return the settings of a run as values for JSON: its options and the fingerprint of its images.

    Args:
        options: options of the run, with all defaults resolved.
        parts: arrays or streams with all images of the run.
    """
    plain = {name: value for name, value in options.plain().items() if name not in NOT_OPTIONS}
    return {**plain, "data": _absolute(options.data), IMAGES: fingerprint(parts)}


def fingerprint(parts: Iterable[Any]) -> str:
    """Return a hash of the content of arrays or streams."""
    digest = hashlib.sha256()
    for part in parts:
        if hasattr(part, "identity"):
            digest.update(part.identity())
            continue
        digest.update(f"{part.dtype} {part.shape} ".encode())
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def stopped_options(options: Any, path: Path) -> Any:
    """Return the options with which a run was started.

    Args:
        options: options of the command that resumes the run.
        path: folder of the run.

    Raises:
        FileNotFoundError: the folder is not that of a stopped run, or a file is missing.
        FileExistsError: the run is complete.
        ValueError: the settings can't be read, or differ from an option on the command line.
    """
    folder = RunFolder(path)
    settings = _read(folder)
    names = [field.name for field in fields(options) if field.name not in NOT_OPTIONS]
    if not settings.keys() >= {*names, IMAGES}:
        raise _damaged(folder)
    before = _from_json({name: settings[name] for name in names})
    asked = {**options.plain(), "data": _absolute(options.data)}
    _check_same(path, {name: settings[name] for name in names}, json.loads(json.dumps(asked)), options)
    return replace(options, **before, out=path, resume=path)


def check_images(folder: RunFolder, parts: Iterable[Any]) -> None:
    """Raise a `ValueError` unless these are the images that a resumed run was started with."""
    if _read(folder)[IMAGES] != fingerprint(parts):
        raise ValueError(
            f"The images differ from those that the run in {str(folder.path)!r} was started with: some were changed, "
            "added or removed. Restore them to resume the run, or start a new run."
        )


def _read(folder: RunFolder) -> dict[str, Any]:
    _check_whole(folder)
    try:
        settings = json.loads(folder.backup_settings.read_text())
    except ValueError:
        raise _damaged(folder) from None
    if not isinstance(settings, dict):
        raise _damaged(folder)
    return settings


def _check_whole(folder: RunFolder) -> None:
    path = str(folder.path)
    if folder.settings.exists():
        raise FileNotFoundError(
            f"--resume must be the folder of a run of keras-cae train, got {path!r}, which holds a search. Repeat the "
            "command keras-cae tune to resume it."
        )
    if not folder.backup.is_dir() and folder.results.exists():
        raise FileExistsError(
            f"The run in {path!r} is complete. Start a new run for more epochs, or load {str(folder.model)!r}."
        )
    if not folder.backup.is_dir():
        raise FileNotFoundError(
            f"--resume must be the folder of a stopped run, got {path!r}, which contains no {folder.backup.name!r}."
        )
    needed = [folder.backup_settings]
    if folder.best_so_far.exists():  # at least one epoch was completed
        needed += [folder.weights, folder.model]
    for file in needed:
        if not file.exists():
            raise FileNotFoundError(f"The run in {path!r} can't be resumed without {str(file)!r}. Start a new run.")


def _damaged(folder: RunFolder) -> ValueError:
    return ValueError(f"{str(folder.backup_settings)!r} is damaged: the run can't be resumed. Start a new run.")


def _check_same(path: Path, before: dict[str, Any], asked: dict[str, Any], options: Any) -> None:
    changed = [name for name in before if name in options.given and before[name] != asked[name]]
    if "out" in options.given and options.out != path:
        changed.append("out")
    if changed:
        names = ", ".join("DATA" if name == "data" else f"--{name.replace('_', '-')}" for name in changed)
        raise ValueError(
            f"The run in {str(path)!r} was started with other options ({names}): omit them to resume it, or omit "
            "--resume to start a new run."
        )


def _from_json(options: dict[str, Any]) -> dict[str, Any]:
    """Convert options from JSON to the types that typer returns."""
    size, filters = options.get("image_size"), options.get("filters")
    return {
        **options,
        "image_size": None if size is None else ImageSize(*size),
        "filters": None if filters is None else Widths(filters),
    }


def _absolute(data: str) -> str:
    """Return DATA as an absolute path, unless it is the name of a dataset."""
    return data if data in DATASETS else os.path.abspath(os.path.expanduser(data))
