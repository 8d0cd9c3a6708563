"""Searches that are killed while KerasTuner writes files, and searches with damaged files."""

import json
import os
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine.base_tuner import BaseTuner

from keras_cae import hypermodels  # makes all searches resumable
from keras_cae.hypermodels.resumable_searches import SAVED
from keras_cae.hypermodels.tuner_files import SearchFolder

PROGRAM = Path(__file__).with_name("searching.py")
TRIALS = 3
FOLDER = SearchFolder(Path("untitled_project"))
TUNERS = [
    "RandomSearch",
    pytest.param("BayesianOptimization", marks=pytest.mark.slow),
    pytest.param("Hyperband", marks=pytest.mark.slow),
]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class Killed(BaseException):
    """Ends a search immediately."""


def make_tuner(kind="RandomSearch", **arguments):
    """A tuner without training, whose score is the sum of the hyperparameters."""

    class Quick(getattr(keras_tuner, kind)):
        def run_trial(self, trial, verbose):
            # The oracle knows the second hyperparameter only after the first trial.
            return {"score": trial.hyperparameters.get("x") + trial.hyperparameters.Float("y", 0, 1)}

    space = keras_tuner.HyperParameters()
    space.Float("x", 0, 1)
    limit = {"max_epochs": 3} if kind == "Hyperband" else {"max_trials": TRIALS}
    objective = keras_tuner.Objective("score", "max")
    return Quick(objective=objective, hyperparameters=space, seed=1, **limit, **arguments)


def searched(tuner):
    tuner.search(verbose=0)
    return {name: trial.score for name, trial in tuner.oracle.trials.items()}


def finished():
    """The scores of the finished trials on disk."""
    states = (json.loads(FOLDER.trial(name).read_text()) for name in FOLDER.trials())
    return {state["trial_id"]: state["score"] for state in states if state["status"] == "COMPLETED"}


def kill_at(monkeypatch, number, after):
    """Kill the search before or after the nth replacement of a file."""
    replace, calls = os.replace, []

    def replace_and_die(source, target):
        calls.append(target)
        if len(calls) == number and not after:
            raise Killed
        replace(source, target)
        if len(calls) == number:
            raise Killed

    monkeypatch.setattr(os, "replace", replace_and_die)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", TUNERS)
def test_a_search_killed_at_any_write_ends_as_if_it_had_not_been(kind, after, monkeypatch, tmp_path):
    expected = searched(make_tuner(kind))
    number = 0
    while True:
        number += 1
        (tmp_path / str(number)).mkdir()
        monkeypatch.chdir(tmp_path / str(number))
        with monkeypatch.context() as patch:
            kill_at(patch, number, after)
            try:
                searched(make_tuner(kind))
            except Killed:
                pass
            else:
                break
        before = finished()
        with warnings.catch_warnings(action="error", category=UserWarning):
            tuner = make_tuner(kind)
        assert searched(tuner) == pytest.approx(expected, rel=1e-4), number
        assert before.items() <= finished().items()
    assert number > 5 * TRIALS


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("damaged", ["oracle", "tuner", "trial"])
@pytest.mark.parametrize("kind", TUNERS)
def test_a_search_with_a_damaged_file_goes_on(kind, damaged, part):
    before = searched(make_tuner(kind))
    file = FOLDER.trial(FOLDER.trials()[1]) if damaged == "trial" else getattr(FOLDER, damaged)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    with warnings.catch_warnings(record=True, action="always") as caught:
        tuner = make_tuner(kind)
    named = [str(each.message) for each in caught if "can't be read" in str(each.message)]
    assert [message.partition(" can't")[0] for message in named] == [str(file)] * (damaged != "tuner")
    lost = {name: None for name in before if file == FOLDER.trial(name)}
    after = {name: trial.score for name, trial in tuner.oracle.trials.items()}
    assert after == before | lost
    assert {tuner.oracle.trials[name].status for name in lost} <= {"FAILED"}
    if kind != "Hyperband":
        tuner.oracle.max_trials += 1
        assert searched(tuner).keys() - before.keys() == {str(TRIALS)}


def test_all_damaged_trials_are_named():
    before = searched(make_tuner())
    for name in ("0", "2"):
        FOLDER.trial(name).write_text("{}")
    with pytest.warns(UserWarning, match="trial_0.*can't be read, so trial 0 counts as failed") as caught:
        tuner = make_tuner()
    assert [re.findall(r"trial (\d)", str(each.message)) for each in caught] == [["0"], ["2"]]
    assert {name: trial.score for name, trial in tuner.oracle.trials.items()} == {
        "0": None,
        "1": before["1"],
        "2": None,
    }


def test_a_search_of_which_nothing_can_be_read_is_not_taken_for_a_new_one():
    searched(make_tuner())
    FOLDER.oracle.unlink()
    FOLDER.previous_oracle.write_text("")
    with pytest.raises(RuntimeError, match=r"neither oracle\.json nor .*previous-oracle\.json"):
        make_tuner()
    assert len(searched(make_tuner(overwrite=True))) == TRIALS


def test_a_worker_leaves_the_files_of_its_chief_alone(monkeypatch):
    searched(make_tuner())
    FOLDER.trial("0").write_text("")
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "1")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "tuner0")
    make_tuner()
    assert FOLDER.trial("0").read_text() == ""


def test_kerastuner_still_needs_it():
    """If this fails, `resumable_searches.py` can be removed, or its description of KerasTuner is outdated."""
    tuner = make_tuner()
    searched(tuner)
    inode = FOLDER.oracle.stat().st_ino
    SAVED.save.__wrapped__(tuner.oracle, str(FOLDER.oracle))
    assert FOLDER.oracle.stat().st_ino == inode, "it writes in place"
    tuner.oracle.save()
    assert FOLDER.oracle.stat().st_ino != inode, "here, another file takes the place"
    FOLDER.trial("0").write_text('{"trial_id": ')
    with pytest.raises(json.JSONDecodeError):
        BaseTuner.__init__.__wrapped__(tuner, tuner.oracle, hypermodels.HyperBasicCAE())


def test_a_full_disk_leaves_the_old_files(monkeypatch):
    before = searched(make_tuner())

    def full(file):
        raise OSError(28, "No space left on device")

    tuner = make_tuner()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            tuner.save()
    assert not list(FOLDER.path.rglob("unfinished*"))
    assert searched(make_tuner()) == before


@pytest.mark.slow
def test_a_process_killed_again_and_again_finishes_its_search(tmp_path):
    rng = np.random.default_rng(0)
    project = SearchFolder(tmp_path / "search")
    before = {}
    for _ in range(2):
        last_write = str(rng.integers(5, 13))
        code = subprocess.run([sys.executable, PROGRAM, tmp_path, last_write]).returncode
        states = [json.loads(project.trial(name).read_text()) for name in project.trials()]
        now = {state["trial_id"]: state["score"] for state in states if state["status"] == "COMPLETED"}
        assert before.items() <= now.items()
        before = now
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert subprocess.run([sys.executable, PROGRAM, tmp_path]).returncode == 0
    assert len(project.trials()) == 4
