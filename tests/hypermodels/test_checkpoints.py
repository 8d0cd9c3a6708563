"""The choice of the checkpoints to keep."""

import json
from types import SimpleNamespace

import keras_tuner
import pytest

from keras_cae.hypermodels.checkpoints import all_others_failed, keep_best

LARGEST = keras_tuner.Objective("val_psnr", "max")
FILES = ("checkpoint.weights.h5", "build_config.json")


@pytest.fixture
def add(tmp_path):
    """Save a trial like KerasTuner."""

    def write(name, score=None, status="COMPLETED", **values):
        folder = tmp_path / f"trial_{name}"
        folder.mkdir()
        state = {
            "trial_id": name,
            "status": status,
            "score": score,
            "hyperparameters": {"values": values},
            "metrics": {},
        }
        (folder / "trial.json").write_text(json.dumps(state))
        for file in FILES:
            (folder / file).touch()

    return write


def running(tmp_path, name, max_trials=None, executions=1, **values):
    """The callbacks of a running trial."""
    tuner = SimpleNamespace(
        get_trial_dir=lambda trial: str(tmp_path / f"trial_{trial}"),
        executions_per_trial=executions,
        oracle=SimpleNamespace(max_trials=max_trials),
    )
    trial = SimpleNamespace(trial_id=name, hyperparameters=SimpleNamespace(values=values))
    return [SimpleNamespace(tuner=tuner, trial=trial)]


def kept(tmp_path):
    return {path.parent.name.removeprefix("trial_") for path in tmp_path.glob("trial_*/checkpoint*")}


def test_the_best_stay_and_nothing_else_is_removed(add, tmp_path):
    for name, score in {"0": 20.0, "1": 10.0, "2": 30.0}.items():
        add(name, score)
    add("3", status="RUNNING")
    keep_best(running(tmp_path, "3"), keep=2, score=25.0, objective=LARGEST)
    assert kept(tmp_path) == {"2", "3"}
    assert len(list(tmp_path.glob("trial_*/build_config.json"))) == 4


def test_the_running_trial_may_be_the_worst(add, tmp_path):
    add("0", 20.0)
    add("1", status="RUNNING")
    keep_best(running(tmp_path, "1", executions=2), keep=1, score=1.0, objective=LARGEST)
    assert kept(tmp_path) == {"0", "1"}, "its other executions may not write another one"
    keep_best(running(tmp_path, "1"), keep=1, score=1.0, objective=LARGEST)
    assert kept(tmp_path) == {"0"}


def test_trials_of_other_workers_are_left_alone(add, tmp_path):
    add("0", 20.0)
    add("1", status="RUNNING")
    add("2", status="RUNNING")
    keep_best(running(tmp_path, "2"), keep=1, score=30.0, objective=LARGEST)
    assert kept(tmp_path) == {"1", "2"}


def test_the_smallest_scores_are_the_best_if_the_objective_says_so(add, tmp_path):
    for name, score in {"0": 20.0, "1": 10.0}.items():
        add(name, score)
    add("2", status="RUNNING")
    smallest = keras_tuner.Objective("val_error", "min")
    keep_best(running(tmp_path, "2"), keep=2, score=15.0, objective=smallest)
    assert kept(tmp_path) == {"1", "2"}


def test_trials_that_can_not_be_read_are_left_alone(add, tmp_path):
    add("0", 20.0)
    add("1", 10.0)
    (tmp_path / "trial_1/trial.json").write_text("{")
    add("2", status="RUNNING")
    keep_best(running(tmp_path, "2"), keep=1, score=15.0, objective=LARGEST)
    assert kept(tmp_path) == {"0", "1"}


def test_all_stay_if_wanted_or_without_a_tuner(add, tmp_path):
    add("0", 1.0)
    add("1", 2.0)
    keep_best(running(tmp_path, "1"), keep=None, score=2.0, objective=LARGEST)
    keep_best([], keep=1, score=2.0, objective=LARGEST)
    assert kept(tmp_path) == {"0", "1"}


def test_hyperband_goes_on_with_the_last_two_rounds(add, tmp_path):
    for name, (score, number) in {"0": (1.0, 0), "1": (2.0, 1), "2": (3.0, 2)}.items():
        add(name, score, **{"tuner/bracket": 2, "tuner/round": number})
    add("3", 0.5, **{"tuner/bracket": 1, "tuner/round": 0})
    add("4", status="RUNNING", **{"tuner/bracket": 1, "tuner/round": 0})
    keep_best(running(tmp_path, "4", **{"tuner/bracket": 1, "tuner/round": 0}), keep=1, score=0.1, objective=LARGEST)
    assert kept(tmp_path) == {"1", "2", "3", "4"}


@pytest.mark.parametrize(
    ("status", "max_trials", "expected"),
    [("FAILED", 2, True), ("INVALID", 2, True), ("COMPLETED", 2, False), ("FAILED", 3, False)],
)
def test_whether_all_trials_have_failed(add, tmp_path, status, max_trials, expected):
    add("0", status=status)
    add("1", status="RUNNING")
    assert all_others_failed(running(tmp_path, "1", max_trials=max_trials)) is expected
    assert all_others_failed([]) is False
