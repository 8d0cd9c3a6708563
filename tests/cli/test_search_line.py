"""The progress of a search."""

import copy
import json

import keras_tuner
import pytest
from checks import slow_but

from keras_cae.cli.tuning import search_line
from keras_cae.cli.tuning.search_line import SearchLine, TrialEpochs, TrialState, trials_in
from keras_cae.cli.tuning.search_plan import SearchPlan, epochs_of, plan_search
from keras_cae.hypermodels.tuner_files import SearchFolder


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(search_line.time, "monotonic", lambda: now[0])
    return now


class Line:
    """Records the output."""

    live, width = True, 99

    def __init__(self):
        self.shown = []

    def show(self, text):
        self.shown.append(text)


@pytest.fixture
def search(clock):
    search = SearchLine(SearchPlan(trials=4, epochs=8), epochs=2)
    search.line = Line()
    return search


DONE = TrialState("COMPLETED", {}, 20.5)


class Untrained(keras_tuner.Hyperband):
    """A search without training."""

    def run_trial(self, trial, *arguments, **more):
        return {"val_psnr": trial.hyperparameters.get("x")}


@pytest.mark.parametrize("epochs", slow_but((1, 10), (1, 2, 3, 4, 9, 10, 30)))
def test_hyperband_makes_as_many_trials_as_planned(epochs, tmp_path):
    objective = keras_tuner.Objective("val_psnr", "max")
    tuner = Untrained(lambda hp: hp.Float("x", 0.0, 1.0), objective, max_epochs=epochs, directory=tmp_path)
    tuner.search(verbose=0)
    trials = tuner.oracle.trials.values()
    done = sum(epochs_of(trial.hyperparameters.values, epochs) for trial in trials)
    assert plan_search("hyperband", 20, epochs) == (len(trials), done)


def test_other_tuners():
    assert plan_search("random", 20, 5) == (20, 100)
    assert epochs_of({}, 5) == 5


def test_a_trial_that_goes_on(search, clock):
    search.start([])
    epochs = TrialEpochs(search)
    epochs.name = "Trial 1 (2 of 4)"
    search.update([DONE])
    callback = copy.deepcopy(epochs)
    assert callback.search is search
    callback.set_params({"epochs": 2, "steps": 10})
    callback.on_train_begin()
    clock[0] += 30
    callback.on_epoch_begin(0)
    callback.on_epoch_begin(1)
    callback.on_train_batch_end(3)  # a moment later
    clock[0] += 9
    callback.on_train_batch_end(4)
    assert search.line.shown == [
        f"Trial 1 (2 of 4)  {'━' * 8}{'─' * 22}  epoch 1/2  best 20.50 dB  90 s left",
        f"Trial 1 (2 of 4)  {'━' * 13}{'─' * 17}  epoch 2/2  best 20.50 dB  50 s left",
    ]


def test_trials_of_an_earlier_search_took_no_time(search, clock):
    search.start([DONE, DONE])
    clock[0] += 10
    search.update([DONE, DONE, DONE])
    search.show("Trial 3 (4 of 4)")
    assert search.line.shown[0].endswith("best 20.50 dB  10 s left")


def test_trials_of_other_processes(search, clock, tmp_path):
    for name, status, score in (
        ("0", "COMPLETED", 19.0),
        ("1", "COMPLETED", 21.0),
        ("2", "RUNNING", None),
        ("3", "FAILED", None),
    ):
        file = SearchFolder(tmp_path).trial(name)
        file.parent.mkdir()
        state = {"trial_id": name, "status": status, "score": score, "hyperparameters": {"values": {}}, "metrics": {}}
        file.write_text(json.dumps(state))
    SearchFolder(tmp_path).trial("3").with_name("trial.json").write_text('{"trial_id": ')
    search.start([])
    clock[0] += 20
    search.update(trials_in(SearchFolder(tmp_path)))
    search.show_all()
    assert search.line.shown == [f"Trials: 2 of 4 done  {'━' * 15}{'─' * 15}  1 running  best 21.00 dB  20 s left"]


def test_the_line_of_a_log_is_never_due(search):
    assert search.due
    search.line.live = False
    assert not search.due
