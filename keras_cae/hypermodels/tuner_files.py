"""What KerasTuner documents nowhere: the files of a search and what is in them, and the processes that share one."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHIEF = "chief"
PROCESS, ADDRESS, PORT = "KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT"
"""The environment variables that name a process of a search, and where its chief is."""
COMPLETED = "COMPLETED"
FINISHED = (COMPLETED, "FAILED")
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
        return self.path / f"{os.environ.get(PROCESS, worker_name(0))}.json"

    def trial(self, name: str) -> Path:
        """Return the state of a trial. Its checkpoint is in the same folder."""
        return self.path / f"trial_{name}" / "trial.json"

    def trials(self) -> list[str]:
        """Return the names of the trials that have a file, in the order in which they began."""
        return sorted(file.parent.name.removeprefix("trial_") for file in self.path.glob("trial_*/trial.json"))


def read_state(file: Path, keys: Iterable[str] = ()) -> dict[str, Any] | None:
    """Return the content of a file of a search; None if there is no such file, or it is damaged.

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
    """Return the state of an oracle; None if it can't be read."""
    return read_state(file, ("start_order", "end_order", "ongoing_trials", "retry_queue", "hyperparameters"))


def read_trial(file: Path) -> dict[str, Any] | None:
    """Return the state of a trial; None if it can't be read."""
    return read_state(file, ("trial_id", "status", "score", "hyperparameters", "metrics"))


def checkpoints(trial: Path) -> Iterator[Path]:
    """Return the files with the weights of a trial."""
    return trial.parent.glob("checkpoint*")


def worker_name(index: int) -> str:
    """Return the name of a worker. The first one's is that of a process that searches alone."""
    return f"tuner{index}"


def environment(process: str, port: int) -> dict[str, str]:
    """Return the environment variables of a process of a search on this machine.

    Args:
        process: `CHIEF`, or a worker's name.
        port: at which the chief is reached.
    """
    return {ADDRESS: "127.0.0.1", PORT: str(port), PROCESS: process}


def is_part() -> bool:
    """Return whether this process is the chief or a worker of a search."""
    return PROCESS in os.environ


def is_chief() -> bool:
    """Return whether this process leads a search of several."""
    return os.environ.get(PROCESS) == CHIEF


def is_worker() -> bool:
    """Return whether another process, the chief, leads the search of this one and writes its files."""
    return ADDRESS in os.environ and CHIEF not in os.environ.get(PROCESS, "")


def drawn(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a trial's hyperparameters without what KerasTuner adds to them for itself."""
    return {name: value for name, value in values.items() if not name.startswith("tuner/")}


def bracket_and_round(values: dict[str, Any]) -> tuple[int, int] | None:
    """Return where in Hyperband's schedule a trial is; None with another tuner."""
    return (values["tuner/bracket"], values["tuner/round"]) if "tuner/bracket" in values else None
