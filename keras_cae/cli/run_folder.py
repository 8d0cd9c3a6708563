"""The folder that a run writes into: always a new one."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cae.files import write_text

RUNS = Path("runs")


@dataclass(frozen=True)
class RunFolder:
    """Where the files of a run are.

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
        """The folder of pictures that show where anomalies are."""
        return self.path / "overlays"

    @property
    def logs(self) -> Path:
        """What TensorBoard reads."""
        return self.path / "logs"

    @property
    def picture(self) -> Path:
        """Test images and their reconstructions."""
        return self.path / "reconstructions.png"

    @property
    def settings(self) -> Path:
        """What a search was asked for, as JSON."""
        return self.path / "settings.json"

    @property
    def backup(self) -> Path:
        """A folder with what a training that was stopped needs to go on; removed at its end."""
        return self.path / "backup"

    @property
    def backup_settings(self) -> Path:
        """What a training was asked for, and on which images, as JSON."""
        return self.backup / "settings.json"

    @property
    def best_so_far(self) -> Path:
        """Which epoch of a training was the best so far, as JSON."""
        return self.backup / "best.json"

    @property
    def weights(self) -> Path:
        """The weights with which a training goes on, as `keras.callbacks.BackupAndRestore` names them."""
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
    """Raise a `FileExistsError` if a run can't be written here without touching what is there.

    Args:
        path: the folder; it may be missing or empty.
    """
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        what = "is a folder with files in it" if path.is_dir() else "is a file"
        raise FileExistsError(f"--out {str(path)!r} {what}: name a folder that does not exist yet.")


def make_run_folder(out: Path | None, name: str) -> RunFolder:
    """Make a folder for a run.

    Args:
        out: the folder, or None for the first free one of runs/NAME-1, runs/NAME-2, …
        name: what the run is about.

    Raises:
        FileExistsError: `out` holds something already.
        OSError: the folder can't be made.
    """
    if out is not None:
        check_free(out)
    try:
        return RunFolder(_make_numbered(name) if out is None else _make(out))
    except OSError as error:
        raise OSError(
            f"The folder {str(out or RUNS)!r} can't be made ({error.strerror}): name another one with --out."
        ) from error


def open_search_folder(out: Path | None, name: str, settings: dict[str, Any]) -> RunFolder:
    """Make a folder for a search, or open that of a search with the same settings.

    Args:
        out: the folder, or None for runs/NAME.
        name: what the search is about.
        settings: what must be the same for a search to go on.

    Raises:
        FileExistsError: the folder holds something else.
        OSError: the folder can't be made.
    """
    folder = RunFolder(out or RUNS / name)
    if folder.settings.exists():
        before = json.loads(folder.settings.read_text())
        changed = [
            f"--{key.replace('_', '-')} was {before.get(key)}" for key in settings if before.get(key) != settings[key]
        ]
        if changed:
            raise FileExistsError(
                f"{str(folder.path)!r} holds a search that was started otherwise ({', '.join(changed)}): "
                "give the same options to go on with it, or another folder with --out."
            )
        return folder
    check_free(folder.path)
    try:
        _make(folder.path)
    except OSError as error:
        raise OSError(
            f"The folder {str(folder.path)!r} can't be made ({error.strerror}): name another one with --out."
        ) from error
    write_text(folder.settings, json.dumps(settings, indent=2) + "\n")
    return folder


def _make(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    # An empty folder that was there may be one that can't be written to.
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
