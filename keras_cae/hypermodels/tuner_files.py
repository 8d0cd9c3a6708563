"""Where KerasTuner keeps the files of a search, and what is in them."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FINISHED = ("COMPLETED", "FAILED")
"""The statuses of trials that are not run again."""


@dataclass(frozen=True)
class SearchFolder:
    """The folder of a search: a tuner's `directory/project_name`.

    Args:
        path: the folder. It may be missing.
    """

    path: Path

    @property
    def oracle(self) -> Path:
        """The state of the oracle, which refers to the trials by their names."""
        return self.path / "oracle.json"

    @property
    def previous_oracle(self) -> Path:
        """The oracle's state before the last one. This library keeps it, not KerasTuner."""
        return self.path / "previous-oracle.json"

    @property
    def tuner(self) -> Path:
        """The state of the tuner of this process. KerasTuner goes on with a search if it finds this file."""
        return self.path / f"{os.environ.get('KERASTUNER_TUNER_ID', 'tuner0')}.json"

    def trial(self, name: str) -> Path:
        """The state of a trial. Its checkpoint is in the same folder."""
        return self.path / f"trial_{name}" / "trial.json"

    def trials(self) -> list[str]:
        """The names of the trials that have a file, in the order in which they began."""
        return sorted(file.parent.name.removeprefix("trial_") for file in self.path.glob("trial_*/trial.json"))


def read_state(file: Path, keys: Iterable[str] = ()) -> dict[str, Any] | None:
    """The content of a file of a search; None if there is no such file, or it is damaged.

    Args:
        file: the file.
        keys: what it must hold.
    """
    try:
        state = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return state if isinstance(state, dict) and state.keys() >= set(keys) else None


def read_oracle(file: Path) -> dict[str, Any] | None:
    """The state of an oracle; None if it can't be read."""
    return read_state(file, ("start_order", "end_order", "ongoing_trials", "retry_queue", "hyperparameters"))


def read_trial(file: Path) -> dict[str, Any] | None:
    """The state of a trial; None if it can't be read."""
    return read_state(file, ("trial_id", "status", "score", "hyperparameters", "metrics"))


def checkpoints(trial: Path) -> Iterator[Path]:
    """The files with the weights of a trial."""
    return trial.parent.glob("checkpoint*")


def is_worker() -> bool:
    """Whether another process, the chief, leads the search of this one and writes its files."""
    return "KERASTUNER_ORACLE_IP" in os.environ and "chief" not in os.environ.get("KERASTUNER_TUNER_ID", "")
