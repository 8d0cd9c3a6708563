"""Undocumented parts of KerasTuner: the files of a search, and the environment variables of its processes."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHIEF = "chief"
PROCESS, ADDRESS, PORT = "KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT"
"""The environment variables with the name of a process of a search, and with the address and port of its chief."""
COMPLETED = "COMPLETED"
FINISHED = (COMPLETED, "FAILED")
"""The statuses of trials that are not run again."""


@dataclass(frozen=True)
class SearchFolder:
    """The folder of a search: a tuner's `directory/project_name`.

    Args:
        path: the folder, which need not exist.
    """

    path: Path

    @property
    def oracle(self) -> Path:
        """The state of the oracle, which refers to the trials by their names."""
        return self.path / "oracle.json"

    @property
    def previous_oracle(self) -> Path:
        """The previous state of the oracle, which this library keeps in addition to KerasTuner's files."""
        return self.path / "previous-oracle.json"

    @property
    def tuner(self) -> Path:
        """The state of the tuner in this process. If this file exists, KerasTuner resumes the search."""
        return self.path / f"{os.environ.get(PROCESS, worker_name(0))}.json"

    def trial(self, name: str) -> Path:
        """Return the state of a trial. Its checkpoint is in the same folder."""
        return self.path / f"trial_{name}" / "trial.json"

    def trials(self) -> list[str]:
        """Return the names of the trials that have a file, in the order in which they started."""
        return sorted(file.parent.name.removeprefix("trial_") for file in self.path.glob("trial_*/trial.json"))


def read_state(file: Path, keys: Iterable[str] = ()) -> dict[str, Any] | None:
    """Return the content of a file of a search, or None if it is missing or damaged.

    Args:
        file: the file.
        keys: the keys that it must contain.
    """
    try:
        state = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return state if isinstance(state, dict) and state.keys() >= set(keys) else None


def read_oracle(file: Path) -> dict[str, Any] | None:
    """Return the state of an oracle, or None if it can't be read."""
    return read_state(file, ("start_order", "end_order", "ongoing_trials", "retry_queue", "hyperparameters"))


def read_trial(file: Path) -> dict[str, Any] | None:
    """Return the state of a trial, or None if it can't be read."""
    return read_state(file, ("trial_id", "status", "score", "hyperparameters", "metrics"))


def checkpoints(trial: Path) -> Iterator[Path]:
    """Return the files with the weights of a trial."""
    return trial.parent.glob("checkpoint*")


def worker_name(index: int) -> str:
    """Return the name of a worker. A process that searches alone has the name of the first worker."""
    return f"tuner{index}"


def environment(process: str, port: int) -> dict[str, str]:
    """Return the environment variables of a process of a search on this machine.

    Args:
        process: `CHIEF`, or the name of a worker.
        port: the port of the chief.
    """
    return {ADDRESS: "127.0.0.1", PORT: str(port), PROCESS: process}


def is_part() -> bool:
    """Return whether this process is the chief or a worker of a search."""
    return PROCESS in os.environ


def is_chief() -> bool:
    """Return whether this process is the chief of a search."""
    return os.environ.get(PROCESS) == CHIEF


def is_worker() -> bool:
    """Return whether this process is a worker of a search whose chief writes the files."""
    return ADDRESS in os.environ and CHIEF not in os.environ.get(PROCESS, "")


def drawn(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a trial's hyperparameters without those that KerasTuner adds for its own use."""
    return {name: value for name, value in values.items() if not name.startswith("tuner/")}


def bracket_and_round(values: dict[str, Any]) -> tuple[int, int] | None:
    """Return the bracket and the round of a trial of Hyperband, or None for other tuners."""
    return (values["tuner/bracket"], values["tuner/round"]) if "tuner/bracket" in values else None
