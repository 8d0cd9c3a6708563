"""Complete searches with the tuners of KerasTuner."""

import errno
import functools
import json
import subprocess
import sys
import time
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from eager_trials import EagerHyperBasicCAE, EagerHyperCAE
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import keras_cae
from keras_cae.hypermodels import HyperBasicCAE
from keras_cae.hypermodels.tuner_files import SearchFolder

PROGRAM = Path(__file__).with_name("searching.py")


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def hypermodel(kind=EagerHyperBasicCAE, **arguments):
    return kind((8, 8, 1), latent_dim=3, width=[2, 3], seed=0, **arguments)


def searched(tuner, images, epochs=1, **arguments):
    validation = images[64:90]
    tuner.search(images[:64], validation_data=validation, epochs=epochs, verbose=0, **arguments)
    return tuner


def random_search(hypermodel, max_trials=2, **arguments):
    return keras_tuner.RandomSearch(
        hypermodel, objective=hypermodel.objective, max_trials=max_trials, seed=0, **arguments
    )


def statuses(tuner):
    return [tuner.oracle.trials[name].status for name in sorted(tuner.oracle.trials)]


def checkpoints():
    return {path.parent.name for path in Path().rglob("checkpoint.weights.h5")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["BayesianOptimization", "Hyperband"])
def test_the_best_model_has_the_score_of_its_trial(kind, digits):
    limits = {"max_epochs": 3} if kind == "Hyperband" else {"max_trials": 2}
    # One of the two searches compiles its models, the other one removes checkpoints that it no longer needs.
    space = hypermodel(keep=1) if kind == "Hyperband" else hypermodel(HyperBasicCAE)
    tuner = getattr(keras_tuner, kind)(space, objective=space.objective, seed=0, **limits)
    images = digits[0]
    searched(tuner, images, epochs=2)
    assert set(statuses(tuner)) == {"COMPLETED"}
    (best,) = tuner.get_best_models()
    score = best.evaluate(images[64:90], verbose=0, return_dict=True)["psnr"]
    assert score == pytest.approx(tuner.oracle.get_best_trials()[0].score, rel=1e-6)
    best.save("best.keras")
    loaded = keras.saving.load_model("best.keras")
    loaded.run_eagerly = best.run_eagerly
    assert loaded.evaluate(images[64:90], verbose=0, return_dict=True)["psnr"] == score
    if kind == "Hyperband":
        # A promoted trial continues with the weights and the optimizer of the original trial.
        (promoted,) = (trial for trial in tuner.oracle.trials.values() if trial.trial_id.endswith("3"))
        values = promoted.hyperparameters.values
        assert values["tuner/initial_epoch"] == 1
        model = tuner.hypermodel.build(promoted.hyperparameters)
        model.load_weights(Path(tuner.get_trial_dir(values["tuner/trial_id"])) / "checkpoint.weights.h5")
        assert model.optimizer.iterations > 0


@pytest.mark.slow
def test_the_architecture_is_found_too(digits):
    space = EagerHyperCAE((8, 8, 1), latent_dim=3, filters=(2, 3))
    tuner = searched(random_search(space, max_trials=4), digits[0])
    tried = {trial.hyperparameters.get("model/architecture") for trial in tuner.oracle.trials.values()}
    assert len(tried) > 1
    assert set(statuses(tuner)) == {"COMPLETED"}


@pytest.mark.slow
def test_the_score_of_several_executions_is_their_mean(digits):
    space = EagerHyperBasicCAE((8, 8, 1), latent_dim=3, filters=(2, 3))
    tuner = searched(random_search(space, max_trials=1, executions_per_trial=2), digits[0])
    assert statuses(tuner) == ["COMPLETED"]
    assert checkpoints() == {"trial_0"}
    assert tuner.get_best_models()[0].built


@pytest.mark.slow
def test_only_the_best_checkpoints_stay(digits):
    tuner = searched(random_search(hypermodel(keep=1), max_trials=3), digits[0])
    best = {f"trial_{trial.trial_id}" for trial in tuner.oracle.get_best_trials(1)}
    assert checkpoints() == best
    assert len(tuner.get_best_models()) == 1


@pytest.mark.slow
def test_a_trial_that_fails_does_not_end_the_search(digits):
    space = hypermodel(optimizer="sgd", learning_rate=[1e38, 1e-2])
    tuner = searched(random_search(space, max_trials=6, max_consecutive_failed_trials=6), digits[0])
    assert set(statuses(tuner)) == {"COMPLETED", "FAILED"}
    (failed, *_) = (trial for trial in tuner.oracle.trials.values() if trial.status == "FAILED")
    assert "Training diverged" in failed.message


@pytest.mark.slow
def test_a_model_for_which_there_is_no_memory_fails_alone(digits, monkeypatch):
    fit = keras_cae.models.CAE.fit

    @functools.wraps(fit)
    def exhausted(model, *args, **kwargs):
        if model.filters[0] == 3:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return fit(model, *args, **kwargs)

    monkeypatch.setattr(keras_cae.models.CAE, "fit", exhausted)
    tuner = searched(random_search(hypermodel(), max_trials=4), digits[0])
    assert set(statuses(tuner)) == {"COMPLETED", "FAILED"}


@pytest.mark.parametrize("objective", ["val_loss", keras_tuner.Objective("val_psnr", "min"), ["val_loss", "loss"]])
@pytest.mark.slow
def test_a_search_with_another_objective_is_refused(digits, objective):
    tuner = keras_tuner.RandomSearch(hypermodel(), objective=objective, max_trials=1)
    with pytest.raises(keras_tuner.errors.FatalValueError, match=r"objective must be that of the hypermodel.*val_psnr"):
        searched(tuner, digits[0])


@pytest.mark.slow
def test_an_objective_of_ones_own(digits):
    class HyperSmallest(HyperBasicCAE):
        objective = keras_tuner.Objective("val_mean_absolute_error", "min")

        def compile(self, hp, model):
            model.compile("adam", "mse", metrics=["mean_absolute_error"], run_eagerly=True)

    space = HyperSmallest((8, 8, 1), latent_dim=3, filters=(2, 3), kernel_size=[3, 5], keep=1)
    tuner = searched(random_search(space), digits[0])
    assert checkpoints() == {f"trial_{min(tuner.oracle.trials.values(), key=lambda trial: trial.score).trial_id}"}


@pytest.mark.slow
def test_a_full_disk_ends_the_search_and_not_the_trial(digits, monkeypatch):
    def full(model, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "save_weights", full)
        with pytest.raises(keras_tuner.errors.FatalRuntimeError, match="The disk is full"):
            searched(random_search(hypermodel(), max_trials=1), digits[0])
    assert statuses(searched(random_search(hypermodel(), max_trials=1), digits[0])) == ["COMPLETED"]


class FillDisk(keras.callbacks.Callback):
    """Fills the disk when the second trial has been trained."""

    def __init__(self, disk):
        super().__init__()
        self.disk = disk

    def on_epoch_begin(self, epoch, logs=None):
        if len(list(self.disk.path.rglob("checkpoint.weights.h5"))) == 1:
            self.disk.fill()


@pytest.mark.slow
def test_a_search_goes_on_once_there_is_space(digits, small_disk, monkeypatch):
    monkeypatch.chdir(small_disk.path)
    with pytest.raises(keras_tuner.errors.FatalRuntimeError, match="The disk is full"):
        searched(random_search(hypermodel(), max_trials=3), digits[0], callbacks=[FillDisk(small_disk)])
    assert not [file for file in small_disk.files() if "unfinished" in file]
    first = json.loads(SearchFolder(Path("untitled_project")).trial("0").read_text())
    small_disk.free()
    tuner = searched(random_search(hypermodel(), max_trials=3), digits[0])
    assert statuses(tuner) == ["COMPLETED"] * 3
    assert tuner.oracle.trials["0"].score == first["score"]
    assert tuner.get_best_models()[0].built


@pytest.mark.slow
def test_a_search_of_failures_says_so(digits):
    space = hypermodel(max_parameters=1)
    with pytest.raises(keras_tuner.errors.FatalRuntimeError, match="All trials of the search have failed"):
        searched(random_search(space, max_trials=2), digits[0])


@pytest.mark.slow
def test_the_precision_of_the_program_is_that_of_all_trials(digits):
    keras.config.set_dtype_policy("mixed_bfloat16")
    policies = []

    class Seen(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            policies.append(self.model.dtype_policy.name)

        def __deepcopy__(self, memo):
            return Seen()

    searched(random_search(hypermodel(), max_trials=2), digits[0], callbacks=[Seen()])
    assert policies == ["mixed_bfloat16"] * 2


@pytest.mark.slow
def test_trials_on_two_replicas(digits, two_replicas):
    space = hypermodel(HyperBasicCAE, corruption="gaussian_noise")
    tuner = random_search(space, max_trials=1, distribution_strategy=two_replicas)
    searched(tuner, digits[0])
    assert statuses(tuner) == ["COMPLETED"]
    assert tuner.get_best_models()[0].built


@pytest.mark.slow
def test_oversized_models_are_rejected_by_the_tuner_too(digits):
    tuner = random_search(hypermodel(), max_trials=2, max_model_size=10)
    searched(tuner, digits[0])
    assert statuses(tuner) == ["FAILED"] * 2


@pytest.mark.slow
@pytest.mark.parametrize("own", [True, False], ids=["hypermodel", "build function"])
def test_every_trial_has_a_tensorboard_folder_of_its_own(own, digits):
    def build(hp):
        model = keras_cae.models.BasicCAE(3, filters=(hp.Choice("width", [2, 3]), 3))
        model.compile("adam", "mse", metrics=[keras_cae.metrics.PSNR()], run_eagerly=True)
        model.build((None, 8, 8, 1))
        return model

    space = hypermodel() if own else build
    tuner = keras_tuner.GridSearch(space, objective=keras_tuner.Objective("val_psnr", "max"), max_trials=2)
    tensorboard = keras.callbacks.TensorBoard("logs")
    pictures = keras_cae.callbacks.ReconstructionLogger(digits[0][:2], log_dir=tensorboard)
    searched(tuner, digits[0], callbacks=[tensorboard, pictures])
    for trial in "01":
        folder = Path("logs", trial, "execution0")
        images = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
        assert "reconstruction" in images.Tags()["tensors"]
        assert list(folder.glob("validation/*"))
        assert "_hparams_/session_start_info" in str(images.summary_metadata.keys())
    assert {path.name for path in Path("logs").iterdir()} == {"0", "1"}


@pytest.mark.slow
def test_a_killed_search_goes_on(tmp_path):
    def start():
        return subprocess.Popen([sys.executable, PROGRAM, tmp_path], stdout=subprocess.DEVNULL)

    def finished():
        states = [json.loads(project.trial(name).read_text()) for name in project.trials()]
        return [state["score"] for state in states if state["status"] == "COMPLETED"]

    project = SearchFolder(tmp_path / "search")
    search = start()
    limit = time.monotonic() + 120
    while len(finished()) < 2 and time.monotonic() < limit:
        time.sleep(0.1)
    search.kill()
    search.wait()
    before = finished()
    assert 2 <= len(before) < 4
    assert start().wait(timeout=120) == 0
    after = finished()
    assert len(after) == 4
    assert after[: len(before)] == before
    assert np.isfinite(after).all()
