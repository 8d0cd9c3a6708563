"""A training that was stopped, and what it needs to go on."""

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
"""The name under which the settings of a run have the fingerprint of its images."""
NOT_OPTIONS = ("given", "out", "resume")


def settings_of(options: DataOptions, parts: Iterable[Any]) -> dict[str, Any]:
    """Return what the settings of a run hold, as JSON can: its options, and the fingerprint of its images.

    Args:
        options: options of the run, as it uses them.
        parts: all of its images.
    """
    plain = {name: value for name, value in options.plain().items() if name not in NOT_OPTIONS}
    return {**plain, "data": _anywhere(options.data), IMAGES: fingerprint(parts)}


def fingerprint(parts: Iterable[Any]) -> str:
    """Return a name for arrays that others do not have."""
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
        options: those of the command that is to go on with it, with `out` and `resume`.
        path: folder of the run.

    Raises:
        FileNotFoundError: this is no run, or not all of it.
        FileExistsError: the run is finished.
        ValueError: its settings can't be read, or an option was given that differs from them.
    """
    folder = RunFolder(path)
    settings = _read(folder)
    names = [field.name for field in fields(options) if field.name not in NOT_OPTIONS]
    if not settings.keys() >= {*names, IMAGES}:
        raise _damaged(folder)
    before = _typed({name: settings[name] for name in names})
    asked = {**options.plain(), "data": _anywhere(options.data)}
    _check_same(path, {name: settings[name] for name in names}, json.loads(json.dumps(asked)), options)
    return replace(options, **before, out=path, resume=path)


def check_images(folder: RunFolder, parts: Iterable[Any]) -> None:
    """Raise a `ValueError` unless these are the images of a run that is to go on."""
    if _read(folder)[IMAGES] != fingerprint(parts):
        raise ValueError(
            f"The images are not those that the run in {str(folder.path)!r} was started on: some have changed, were "
            "added or removed. Put them back to go on with it, or start another run."
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
            f"--resume {path!r} is the folder of a search, with which the same keras-cae tune goes on: --resume is for "
            "runs of keras-cae train."
        )
    if not folder.backup.is_dir() and folder.results.exists():
        raise FileExistsError(
            f"The run in {path!r} is finished. Start another one for more epochs, or load {str(folder.model)!r}."
        )
    if not folder.backup.is_dir():
        raise FileNotFoundError(
            f"--resume {path!r} must be the folder of a run that was stopped: there is no {folder.backup.name!r} in it."
        )
    needed = [folder.backup_settings]
    if folder.best_so_far.exists():  # at least one epoch was over
        needed += [folder.weights, folder.model]
    for file in needed:
        if not file.exists():
            raise FileNotFoundError(f"The run in {path!r} can't go on without {str(file)!r}. Start another one.")


def _damaged(folder: RunFolder) -> ValueError:
    return ValueError(f"{str(folder.backup_settings)!r} is damaged: the run can't go on. Start another one.")


def _check_same(path: Path, before: dict[str, Any], asked: dict[str, Any], options: Any) -> None:
    changed = [name for name in before if name in options.given and before[name] != asked[name]]
    if "out" in options.given and options.out != path:
        changed.append("out")
    if changed:
        names = ", ".join("DATA" if name == "data" else f"--{name.replace('_', '-')}" for name in changed)
        raise ValueError(
            f"The run in {str(path)!r} was started with other options ({names}): leave them out to go on with it, or "
            "leave out --resume to start another run."
        )


def _typed(options: dict[str, Any]) -> dict[str, Any]:
    """Return options as typer gives them, from what JSON holds."""
    size, filters = options.get("image_size"), options.get("filters")
    return {
        **options,
        "image_size": None if size is None else ImageSize(*size),
        "filters": None if filters is None else Widths(filters),
    }


def _anywhere(data: str) -> str:
    """Return DATA in a form that names the same files whatever the current folder is."""
    return data if data in DATASETS else os.path.abspath(os.path.expanduser(data))
