"""Repair of searches whose files are damaged or inconsistent."""

import copy
import json
import warnings
from pathlib import Path
from typing import Any

from keras_cae.files import write_atomically
from keras_cae.hypermodels.tuner_files import FINISHED, SearchFolder, read_oracle, read_state, read_trial


def write_state(file: Path, state: dict[str, Any]) -> str:
    """Write a file of a search atomically. If it is that of the oracle, keep its previous state.

    Args:
        file: the file.
        state: content of the file.

    Returns:
        The content as JSON.
    """
    text = json.dumps(state)
    search = SearchFolder(file.parent)
    if file == search.oracle and file.exists() and file.read_bytes() != text.encode():
        _write(search.previous_oracle, file.read_bytes())
    _write(file, text.encode())
    return text


def repair_search(folder: Path) -> None:
    """Make a search resumable, with all trials that can be read.

    A trial that can't be read counts as failed, and a warning names it. If the state of the oracle can't be read, its
    previous state is used. Finally, the oracle is made consistent with the trials: KerasTuner writes a trial before
    the oracle, so if the process is killed in between, the oracle does not know that the trial has started or ended.

    Args:
        folder: folder of the search. Without a search in it, nothing happens.

    Raises:
        RuntimeError: neither of the two states of the oracle can be read.
    """
    search = SearchFolder(folder)
    before = read_oracle(search.oracle)
    oracle = copy.deepcopy(before) or read_oracle(search.previous_oracle)
    if oracle is None:
        if search.tuner.exists():
            raise RuntimeError(
                f"The search in {str(folder)!r} can't be resumed, because neither {search.oracle.name} nor its "
                f"previous state {search.previous_oracle.name} can be read. Start a new search with another "
                "project_name, or pass overwrite=True to replace this one."
            )
        return  # KerasTuner starts a new search
    if before is None:
        warnings.warn(
            f"{search.oracle} can't be read. The search is resumed from its previous state and from the trials.",
            stacklevel=2,
        )
    _remove_unstarted_trial(search, oracle)
    for name in sorted({*oracle["start_order"], *search.trials()}):
        trial = read_trial(search.trial(name)) or _lost_trial(search, name, oracle)
        _make_consistent(oracle, name, trial)
    if oracle != before:
        _write(search.oracle, json.dumps(oracle).encode())
    if read_state(search.tuner) is None and (search.tuner.exists() or oracle["end_order"]):
        _write(search.tuner, b"{}")  # the state is empty for all tuners of KerasTuner


def _remove_unstarted_trial(search: SearchFolder, oracle: dict[str, Any]) -> None:
    """Remove the file of the last trial if it is unfinished and the oracle does not know it yet.

    The oracle will create the trial again.
    """
    for name in reversed(search.trials()):
        last = read_trial(search.trial(name))
        if name in oracle["start_order"] or last is None or last["status"] in FINISHED:
            return
        search.trial(name).unlink()


def _lost_trial(search: SearchFolder, name: str, oracle: dict[str, Any]) -> dict[str, Any]:
    """Return a failed trial that replaces one that can't be read, so that its name is not used again."""
    file = search.trial(name)
    message = f"{file} can't be read, so trial {name} counts as failed."
    warnings.warn(message, stacklevel=2)
    trial: dict[str, Any] = {
        "trial_id": name,
        "hyperparameters": {**oracle["hyperparameters"], "values": {}},
        "metrics": {"metrics": {}},
        "score": None,
        "best_step": 0,
        "status": "FAILED",
        "message": message,
    }
    file.parent.mkdir(exist_ok=True)
    _write(file, json.dumps(trial).encode())
    return trial


def _make_consistent(oracle: dict[str, Any], name: str, trial: dict[str, Any]) -> None:
    """Make the state of the oracle consistent with a trial."""
    ongoing, waiting = oracle["ongoing_trials"], oracle["retry_queue"]
    if name not in oracle["start_order"]:
        oracle["start_order"].append(name)
    if trial["status"] in FINISHED:
        oracle["ongoing_trials"] = {tuner: trial for tuner, trial in ongoing.items() if trial != name}
        oracle["retry_queue"] = [trial for trial in waiting if trial != name]
        if name not in oracle["end_order"]:
            oracle["end_order"].append(name)
            searched = oracle["hyperparameters"]["space"]
            searched += [found for found in trial["hyperparameters"]["space"] if found not in searched]
    elif name not in ongoing.values() and name not in waiting:
        waiting.append(name)


def _write(file: Path, content: bytes) -> None:
    with write_atomically(file) as unfinished:
        unfinished.write_bytes(content)
