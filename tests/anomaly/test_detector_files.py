"""Saved detectors in a single file, and exported ones that include the thresholds."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_detectors import random_images

import keras_cae
from keras_cae.anomaly import AnomalyDetector, Combined, RelativeScore, StandardizedScore

NORMAL, OTHERS = random_images(40), random_images(10, seed=1)
SCORES = (
    "relative",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("mse", "standardized", "latent", "mse+ssim")),
)


def trained(cls=keras_cae.models.BasicCAE, images=NORMAL, **arguments):
    keras.utils.set_random_seed(0)
    model = cls(3, filters=(4, 6), **arguments)
    model.compile("adam", "mse")
    model.fit(images, verbose=0)
    return model


@pytest.fixture(scope="module")
def autoencoder():
    return trained()


def check_same(found, expected, tolerance=1e-6):
    assert set(expected) <= set(found)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=tolerance, rtol=tolerance, err_msg=name)


@pytest.mark.parametrize("score", SCORES)
def test_a_file_holds_everything(autoencoder, score, tmp_path):
    detector = AnomalyDetector(autoencoder, score, pooling="top", top=0.2, smoothing=1.0, resize="pad")
    detector.calibrate(NORMAL, 0.1)
    detector.threshold += 0.01
    detector.save(tmp_path / "detector.keras")
    loaded = keras.saving.load_model(tmp_path / "detector.keras")
    check_same(loaded.predict(OTHERS), detector.predict(OTHERS))
    assert (loaded.threshold, loaded.map_threshold) == (detector.threshold, detector.map_threshold)
    assert loaded.get_config() == detector.get_config()
    # The autoencoder is complete, too, including what it knows about the training images.
    np.testing.assert_array_equal(loaded.autoencoder.encode(OTHERS), autoencoder.encode(OTHERS))
    assert loaded.autoencoder._gate.span == autoencoder._gate.span
    assert loaded.autoencoder.optimizer.iterations == autoencoder.optimizer.iterations
    loaded.calibrate(NORMAL, 0.1)
    assert loaded.threshold == pytest.approx(detector.threshold - 0.01, rel=1e-5)


def test_a_variational_detector_without_its_loss(tmp_path):
    detector = AnomalyDetector(trained(keras_cae.models.VariationalCAE), "elbo").calibrate(NORMAL)
    detector.save(tmp_path / "detector.keras")
    loaded = keras.saving.load_model(tmp_path / "detector.keras", compile=False)
    check_same(loaded.predict(OTHERS), detector.predict(OTHERS))


@pytest.mark.slow
def test_a_file_loads_in_a_new_process(autoencoder, tmp_path):
    detector = AnomalyDetector(autoencoder, "relative").calibrate(NORMAL)
    detector.save(tmp_path / "detector.keras")
    np.save(tmp_path / "images.npy", OTHERS)
    code = (
        "import json, sys, numpy, keras, keras_cae\n"
        "detector = keras.saving.load_model(sys.argv[1])\n"
        "found = detector.predict(numpy.load(sys.argv[2]))\n"
        "print(json.dumps([found['score'].tolist(), detector.threshold]))"
    )
    arguments = [sys.executable, "-c", code, tmp_path / "detector.keras", tmp_path / "images.npy"]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    scores, threshold = json.loads(printed.splitlines()[-1])
    np.testing.assert_allclose(scores, detector.predict(OTHERS)["score"], rtol=1e-5)
    assert threshold == detector.threshold


@pytest.mark.parametrize("score", SCORES)
def test_an_artifact_gives_the_same_scores_and_thresholds(autoencoder, score, tmp_path):
    detector = AnomalyDetector(autoencoder, score).calibrate(NORMAL, 0.1)
    detector.export(tmp_path / "detector", verbose=False)
    artifact = tf.saved_model.load(tmp_path / "detector")
    assert set(artifact.signatures) == {"serve", "serving_default"}  # one signature with two names
    for images in (OTHERS, OTHERS[:1]):
        found = {name: values.numpy() for name, values in artifact.serve(images).items()}
        check_same(found, detector.predict(images))
        assert (found["threshold"], found["map_threshold"]) == (detector.threshold, detector.map_threshold)
        np.testing.assert_array_equal(found["is_anomaly"], found["score"] > found["threshold"])


def test_an_artifact_takes_the_bytes_that_were_trained_on(tmp_path):
    images = np.round(255 * NORMAL).astype("uint8")
    detector = AnomalyDetector(trained(images=images)).calibrate(images)
    detector.export(tmp_path / "detector", verbose=False)
    artifact = tf.saved_model.load(tmp_path / "detector")
    found = {name: values.numpy() for name, values in artifact.serve(images).items()}
    check_same(found, detector.predict(images))


def test_a_detector_inside_of_a_model(autoencoder, tmp_path):
    detector = AnomalyDetector(autoencoder, "mse").calibrate(NORMAL)
    inputs = keras.Input(NORMAL.shape[1:])
    model = keras.Model(inputs, detector(inputs)["score"])
    np.testing.assert_allclose(model.predict(OTHERS, verbose=0), detector.predict(OTHERS)["score"], rtol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(OTHERS, verbose=0), detector.predict(OTHERS)["score"], rtol=1e-5)


def test_mixed_precision():
    detector = AnomalyDetector(trained(dtype="mixed_bfloat16"), "relative").calibrate(NORMAL)
    found = detector.predict(OTHERS)
    assert found["score"].dtype == found["anomaly_map"].dtype == "float32"
    assert np.isfinite(found["score"]).all()


@pytest.mark.parametrize("score", ["relative", "mse+ssim", "standardized", "latent"])
def test_the_global_policy_does_not_matter(autoencoder, score):
    expected = AnomalyDetector(autoencoder, score).calibrate(NORMAL).predict(OTHERS)
    keras.config.set_dtype_policy("mixed_bfloat16")
    check_same(AnomalyDetector(autoencoder, score).calibrate(NORMAL).predict(OTHERS), expected)


@keras.saving.register_keras_serializable(package="tests")
def squared(images, reconstructions):
    return keras.ops.square(images - reconstructions)


def test_a_function_is_saved_if_it_has_a_name(autoencoder, tmp_path):
    detector = AnomalyDetector(autoencoder, Combined([squared, StandardizedScore(floor=0.3)])).calibrate(NORMAL)
    detector.save(tmp_path / "detector.keras")
    loaded = keras.saving.load_model(tmp_path / "detector.keras")
    check_same(loaded.predict(OTHERS), detector.predict(OTHERS))
    nameless = AnomalyDetector(autoencoder, lambda images, reconstructions: images - reconstructions)
    with pytest.raises(ValueError, match="a lambda can't be saved"):
        nameless.calibrate(NORMAL).save(tmp_path / "nameless.keras")


def test_hyperparameters_are_fixed_once_it_is_built(autoencoder):
    detector = AnomalyDetector(autoencoder, RelativeScore(exponent=0.5)).calibrate(NORMAL)
    with pytest.raises(AttributeError, match="pooling of AnomalyDetector can't be changed"):
        detector.pooling = "max"
    with pytest.raises(AttributeError, match="exponent of RelativeScore can't be changed"):
        detector.score.exponent = 1.0
