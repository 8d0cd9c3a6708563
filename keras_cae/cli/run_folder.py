"""The folder that a run writes its results to."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cae.files import write_text

RUNS = Path("runs")


@dataclass(frozen=True)
class RunFolder:
    """The paths of the files of a run.

    Args:
        path: the folder.
    """

    path: Path

    @property
    def model(self) -> Path:
        """The best model."""
        return self.path / "model.keras"

    @property
    def detector(self) -> Path:
        """The anomaly detector around the best model."""
        return self.path / "detector.keras"

    @property
    def scores(self) -> Path:
        """The scores of images, as a table of comma-separated values."""
        return self.path / "scores.csv"

    @property
    def overlays(self) -> Path:
        """The folder of images that show where the anomalies are."""
        return self.path / "overlays"

    @property
    def logs(self) -> Path:
        """The TensorBoard logs."""
        return self.path / "logs"

    @property
    def picture(self) -> Path:
        """The figure of test images and their reconstructions."""
        return self.path / "reconstructions.png"

    @property
    def settings(self) -> Path:
        """The options of a search, as JSON."""
        return self.path / "settings.json"

    @property
    def backup(self) -> Path:
        """The folder of the files needed to resume training; it is removed when training is complete."""
        return self.path / "backup"

    @property
    def backup_settings(self) -> Path:
        """The options of a training run and the fingerprint of its images, as JSON."""
        return self.backup / "settings.json"

    @property
    def best_so_far(self) -> Path:
        """The best epoch so far, as JSON."""
        return self.backup / "best.json"

    @property
    def weights(self) -> Path:
        """The weights from which training resumes, named as in `keras.callbacks.BackupAndRestore`."""
        return self.backup / "latest.weights.h5"

    @property
    def trials(self) -> Path:
        """All trials of a search, as a table of comma-separated values."""
        return self.path / "trials.csv"

    @property
    def results(self) -> Path:
        """The settings and the measurements, as JSON."""
        return self.path / "results.json"


def check_free(path: Path) -> None:
    """Raise a `FileExistsError` unless a path is free for the results of a run.

    Args:
        path: the folder, which may be missing or empty.
    """
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        what = "a folder that is not empty" if path.is_dir() else "a file"
        raise FileExistsError(f"--out must be a new folder, got {str(path)!r}, which is {what}. Choose another name.")


def make_run_folder(out: Path | None, name: str) -> RunFolder:
    """Create a folder for a run.

    Args:
        out: the folder, or None for the first free one of runs/NAME-1, runs/NAME-2, …
        name: name of the run.

    Raises:
        FileExistsError: `out` exists and is not an empty folder.
        OSError: the folder can't be created.
    """
    if out is not None:
        check_free(out)
    try:
        return RunFolder(_make_numbered(name) if out is None else _make(out))
    except OSError as error:
        raise OSError(
            f"The folder {str(out or RUNS)!r} can't be created ({error.strerror}): choose another one with --out."
        ) from error


def open_search_folder(out: Path | None, name: str, settings: dict[str, Any]) -> RunFolder:
    """Create a folder for a search, or open the folder of a search with the same settings.

    Args:
        out: the folder, or None for runs/NAME.
        name: name of the search.
        settings: the settings that must not change when the search is resumed.

    Raises:
        FileExistsError: the folder holds something else.
        OSError: the folder can't be created.
    """
    folder = RunFolder(out or RUNS / name)
    if folder.settings.exists():
        before = json.loads(folder.settings.read_text())
        changed = [
            f"--{key.replace('_', '-')} was {before.get(key)}" for key in settings if before.get(key) != settings[key]
        ]
        if changed:
            raise FileExistsError(
                f"{str(folder.path)!r} holds a search that was started with other options ({', '.join(changed)}): "
                "use the same options to resume it, or choose another folder with --out."
            )
        return folder
    check_free(folder.path)
    try:
        _make(folder.path)
    except OSError as error:
        raise OSError(
            f"The folder {str(folder.path)!r} can't be created ({error.strerror}): choose another one with --out."
        ) from error
    write_text(folder.settings, json.dumps(settings, indent=2) + "\n")
    return folder


def _make(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    # An existing empty folder may not be writable.
    with tempfile.TemporaryFile(dir=path):
        return path


def _make_numbered(name: str) -> Path:
    RUNS.mkdir(exist_ok=True)
    number = 1
    while True:
        path = RUNS / f"{name}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path
