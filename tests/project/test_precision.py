"""Copies and files of models in another precision."""

import zipfile

import keras
import numpy as np
import pytest
from checks import slow_but

from keras_cae import models
from keras_cae.anomaly import AnomalyDetector
from keras_cae.precision import in_precision, in_single_precision, save_in_single_precision

IMAGES = np.random.default_rng(0).random((12, 8, 8, 1), dtype="float32")


def trained(policy, **more):
    keras.utils.set_random_seed(0)
    model = models.VariationalCAE(3, filters=(4,), dtype=policy, **more)
    model.compile("adam", "mse")
    model.fit(IMAGES, epochs=2, verbose=0)
    return model


POLICIES = slow_but(("mixed_bfloat16",), ("mixed_bfloat16", "mixed_float16"))


@pytest.fixture(scope="module", params=POLICIES)
def half(request):
    return trained(request.param)


@pytest.fixture(scope="module")
def single():
    return trained("float32")


def test_a_file_in_float32_has_the_weights_the_optimizer_and_the_memory_of_the_model(half, tmp_path, recwarn):
    path = tmp_path / "model.keras"
    save_in_single_precision(half, path)
    assert [each.name for each in tmp_path.iterdir()] == ["model.keras"]
    assert b"float16" not in zipfile.ZipFile(path).read("config.json")
    loaded = keras.saving.load_model(path)
    assert not [warning for warning in recwarn if "optimizer" in str(warning.message)]
    assert loaded.dtype_policy.name == "float32"
    for weight, other in zip(loaded.get_weights(), half.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    states = ([variable.numpy() for variable in model.optimizer.variables] for model in (loaded, half))
    for value, other in zip(*states, strict=True):
        np.testing.assert_array_equal(value, other)
    assert loaded._gate.span == half._gate.span
    difference = np.abs(loaded.predict(IMAGES, verbose=0) - half.predict(IMAGES, verbose=0)).max()
    assert 0 < difference < 0.01
    loaded.fit(IMAGES, verbose=0)


@pytest.mark.slow
def test_what_is_in_float32_is_saved_as_it_is(single, tmp_path):
    save_in_single_precision(single, tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), single.predict(IMAGES, verbose=0))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_copy_in_half_precision(policy, single):
    copy = in_precision(single, policy)
    assert copy is not single
    assert copy.dtype_policy.name == policy
    assert copy._gate.span == single._gate.span
    assert in_precision(copy, policy) is copy
    difference = np.abs(copy.predict(IMAGES, verbose=0) - single.predict(IMAGES, verbose=0)).max()
    assert 0 < difference < 0.01
    back = in_precision(copy, "float32")
    np.testing.assert_array_equal(back.predict(IMAGES, verbose=0), single.predict(IMAGES, verbose=0))
    assert in_single_precision(single) is single


def test_a_detector_keeps_its_thresholds(single):
    detector = AnomalyDetector(single, "mse")
    detector.calibrate(IMAGES)
    copy = in_precision(detector, "mixed_bfloat16")
    assert copy.autoencoder.dtype_policy.name == "mixed_bfloat16"
    assert (copy.threshold, copy.map_threshold) == (detector.threshold, detector.map_threshold)
    scores = (each.predict(IMAGES)["score"] for each in (copy, detector))
    np.testing.assert_allclose(*scores, rtol=0.02)


def test_networks_that_were_given_keep_their_precision():
    encoder = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    model = models.CAE(encoder, decoder)
    model.build((None, 8, 8, 1))
    assert in_precision(model, "float32") is model
    with pytest.raises(ValueError, match="precision of this CAE can't be changed to 'mixed_bfloat16'"):
        in_precision(model, "mixed_bfloat16")
