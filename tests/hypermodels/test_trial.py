"""The data and the objective of a trial."""

import warnings

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.hypermodels import HyperBasicCAE, HyperVariationalCAE
from keras_cae.metrics import PSNR
from keras_cae.optimizers import Muon
from keras_cae.training import step_groups


@pytest.fixture
def images():
    return np.random.default_rng(0).random((24, 8, 9, 1), dtype="float32")


def trained(images, *args, space=None, hp=None, **kwargs):
    """The model of a trial with the first values of its space, and its history."""
    hypermodel = HyperBasicCAE((8, 9, 1), filters=(2, 3), latent_dim=3, seed=0, **(space or {}))
    hp = hp or keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    model.run_eagerly = True  # which takes less time than tracing the steps
    history = hypermodel.fit(hp, model, images, *args, verbose=0, **kwargs)
    return model, history


def psnr(images, reconstructions):
    metric = PSNR()
    metric.update_state(images, reconstructions)
    return float(metric.result())


def test_noise_does_not_count(images):
    space = {"corruption": "gaussian_noise", "corruption_strength": 0.3}
    model, history = trained(images[:16], space=space, validation_data=images[16:], batch_size=5)
    noisy = model.evaluate(images[16:], verbose=0, return_dict=True)["psnr"]
    clean = psnr(images[16:], model.predict(images[16:], verbose=0))
    assert history.history["val_psnr"][-1] == pytest.approx(clean, rel=1e-5)
    assert abs(noisy - clean) > 1e-3


@pytest.mark.parametrize("pairs", [False, True])
def test_noise_does_not_count_with_datasets_and_targets(images, pairs):
    inputs, targets = images[16:], images[16:] ** 2 if pairs else images[16:]
    data = tf.data.Dataset.from_tensor_slices((inputs, targets) if pairs else inputs).batch(3)
    space = {"corruption": "dropout", "corruption_strength": 0.3}
    model, history = trained(images[:16], space=space, validation_data=data)
    clean = psnr(targets, model.predict(inputs, verbose=0))
    assert history.history["val_psnr"][-1] == pytest.approx(clean, rel=1e-5)


def test_the_validation_split_is_that_of_keras(images):
    weights = np.linspace(0, 1, len(images))
    hp = keras_tuner.HyperParameters()
    ours, history = trained(images, hp=hp, validation_split=0.3, sample_weight=weights, epochs=2)
    hypermodel = HyperBasicCAE((8, 9, 1), filters=(2, 3), latent_dim=3, seed=0)
    theirs = hypermodel.build(hp)
    theirs.run_eagerly = True
    expected = theirs.fit(images, validation_split=0.3, sample_weight=weights, epochs=2, batch_size=128, verbose=0)
    assert history.history == expected.history
    np.testing.assert_equal(ours.get_weights(), theirs.get_weights())


def test_a_larger_code_has_its_price(images):
    _, history = trained(images, space={"rate_weight": 0.25}, validation_split=0.5, epochs=2)
    logs = history.history
    np.testing.assert_allclose(logs["val_rate_distortion"], np.array(logs["val_psnr"]) - 0.25 * 3)


def test_a_price_needs_codes_of_one_size(images):
    hypermodel = HyperBasicCAE((8, 9, 1), filters=(2, 3), latent_dim=None, rate_weight=0.1)
    hp = keras_tuner.HyperParameters()
    with pytest.raises(ValueError, match="rate_weight requires codes of a fixed size"):
        hypermodel.fit(hp, hypermodel.build(hp), images, validation_split=0.5, verbose=0)


def test_the_batch_size_is_searched(images):
    hp = keras_tuner.HyperParameters()
    hp.Fixed("training/batch_size", 6)
    _, history = trained(images, hp=hp, validation_split=0.5)
    assert history.params["steps"] == 2
    hp = keras_tuner.HyperParameters()
    trained(images, hp=hp, validation_split=0.5)
    assert hp.get("training/batch_size") == 128


def test_a_batch_size_that_is_given_is_taken(images):
    with pytest.warns(UserWarning, match=r"HyperBasicCAE\(batch_size=None\)"):
        _, history = trained(images, batch_size=4, validation_split=0.5)
    assert history.params["steps"] == 3


@pytest.mark.slow
def test_the_batch_size_may_be_left_out_of_the_search(images):
    hp = keras_tuner.HyperParameters()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, history = trained(images, hp=hp, space={"batch_size": None}, batch_size=4, validation_split=0.5)
    assert history.params["steps"] == 3
    assert "training/batch_size" not in hp.values
    _, history = trained(images, space={"batch_size": None}, validation_split=0.5)
    assert history.params["steps"] == 1


def test_datasets_keep_their_batches(images):
    data = tf.data.Dataset.from_tensor_slices(images).batch(5)
    with pytest.warns(UserWarning, match="batch_size, but it has no effect, because the data are already batched"):
        _, history = trained(data, validation_data=data)
    assert history.params["steps"] == 5


@pytest.mark.slow
def test_a_trial_stops_early_if_asked(images):
    space = {"patience": 1, "learning_rate": 1e-9}
    _, history = trained(images, space=space, validation_split=0.5, epochs=9)
    assert len(history.epoch) < 9
    assert len(trained(images, space={"learning_rate": 1e-9}, validation_split=0.5, epochs=9)[1].epoch) == 9


def test_callbacks_are_passed_on(images):
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["val_psnr"]))
    space = {"corruption": "gaussian_noise"}
    _, history = trained(images, space=space, validation_split=0.5, epochs=2, callbacks=[callback])
    assert seen == history.history["val_psnr"]


def test_without_validation_data_there_is_no_search(images):
    with pytest.raises(keras_tuner.errors.FatalValueError, match="search requires validation_data"):
        trained(images)
    with pytest.raises(keras_tuner.errors.FatalValueError, match="validation_split requires arrays"):
        trained(tf.data.Dataset.from_tensor_slices(images).batch(5), validation_split=0.5)


def test_the_optimizer_may_be_muon(images):
    space = {"optimizer": "muon", "learning_rate": 2e-3, "weight_decay": 0.01}
    model, _ = trained(images, space=space, validation_split=0.5)
    assert isinstance(model.optimizer, Muon)
    assert (float(model.optimizer.learning_rate), model.optimizer.weight_decay) == pytest.approx((2e-3, 0.01))


def test_divergence_fails_the_trial(images):
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="Training diverged: loss was"):
        trained(images, space={"learning_rate": 1e38, "optimizer": "sgd"}, validation_split=0.5, epochs=5)


@pytest.mark.parametrize("limit", ["max_parameters", "max_flops"])
@pytest.mark.parametrize("known", [True, False])
def test_models_that_are_too_large_are_not_made(images, limit, known):
    shape = (8, 9, 1) if known else None
    hypermodel = HyperVariationalCAE(shape, filters=(2, 3), **{limit: 10})
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    what = limit.removeprefix("max_")
    with pytest.raises(keras_tuner.errors.FailedTrialError, match=rf"has [\d,]+ {what}, more than {limit}=10"):
        hypermodel.fit(hp, model, images, validation_split=0.5, verbose=0)
    assert not model.built


def test_models_that_fit_are_made():
    hypermodel = HyperBasicCAE((8, 9, 1), filters=(2, 3), max_parameters=10**6, max_flops=10**9)
    assert hypermodel.build(keras_tuner.HyperParameters()).built


@pytest.mark.parametrize("masked", [False, True])
def test_trials_can_be_compared_by_the_anomalies_that_they_find(masked):
    images = np.random.default_rng(0).uniform(0.2, 0.4, (16, 8, 8, 1)).astype("float32")
    masks = np.zeros((16, 8, 8), bool)
    masks[:4, 2:5, 2:5] = True
    images[masks] = 1.0
    labels = np.arange(16) < 4
    hypermodel = HyperBasicCAE((8, 8, 1), latent_dim=2, depth=2, width=2, anomaly_score="mse")
    assert hypermodel.objective == keras_tuner.Objective("val_image_auroc", "max")
    hp = keras_tuner.HyperParameters()
    data = (images, labels, masks) if masked else (images, labels)
    logs = hypermodel.fit(hp, hypermodel.build(hp), images[4:], validation_data=data, epochs=2, verbose=0).history
    assert logs["val_image_auroc"] == [1.0, 1.0]
    assert ("val_aupro" in logs) == masked
    # The losses are computed on the normal images.
    assert logs["val_loss"][-1] < 0.2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.zeros((4, 8, 8, 1)), "requires arrays as validation_data"),
        ((np.zeros((4, 8, 8, 1)), np.zeros(4)), "validation_data: labels must contain normal and anomalous images"),
    ],
)
def test_anomalies_that_cannot_be_compared(data, message):
    hypermodel = HyperBasicCAE((8, 8, 1), latent_dim=2, depth=2, width=2, anomaly_score="mse")
    hp = keras_tuner.HyperParameters()
    with pytest.raises(keras_tuner.errors.FatalValueError, match=message):
        hypermodel.fit(hp, hypermodel.build(hp), np.zeros((4, 8, 8, 1)), validation_data=data)


def test_the_score_of_anomalies_is_checked_at_once():
    with pytest.raises(ValueError, match="anomaly_score must be one of"):
        HyperBasicCAE((8, 8, 1), anomaly_score="best")
    with pytest.raises(ValueError, match="rate_weight and anomaly_score can't be combined"):
        HyperBasicCAE((8, 8, 1), anomaly_score="mse", rate_weight=0.1)


class CountingSearch(keras_tuner.RandomSearch):
    batches = 0

    def on_batch_end(self, trial, model, batch, logs=None):
        self.batches += 1


@pytest.mark.slow
@pytest.mark.parametrize(("cls", "largest"), [(keras_tuner.RandomSearch, 4), (CountingSearch, 1)])
def test_steps_run_in_groups_unless_the_tuner_looks_at_batches(cls, largest, images, tmp_path, monkeypatch):
    sizes, run = [], step_groups.StepGroups.run

    def recorded(self, *arguments):
        logs, count = run(self, *arguments)
        sizes.append(count)
        return logs, count

    monkeypatch.setattr(step_groups, "SECONDS", 1000.0)
    monkeypatch.setattr(step_groups.StepGroups, "run", recorded)
    hypermodel = HyperBasicCAE((8, 9, 1), filters=(2, 3), latent_dim=3)
    tuner = cls(hypermodel, objective=hypermodel.objective, max_trials=1, directory=tmp_path)
    tuner.search(images[:16], validation_data=images[16:], batch_size=2, verbose=0)
    assert max(sizes) == largest
    assert sum(sizes) == 8
    assert getattr(tuner, "batches", 8) == 8
