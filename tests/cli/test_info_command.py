"""`keras-cae info`: the description of a saved model."""

import json

import keras
import numpy as np
from conftest import picture

import keras_cae


def test_what_a_model_is(invoke, saved):
    model = saved / "model.keras"
    about = json.loads(invoke("info", model, "--json").stdout)
    loaded = keras.saving.load_model(model)
    assert about["class"] == "BasicCAE"
    assert about["parameters"] == loaded.count_params()
    assert (about["image_shape"], about["code_shape"]) == ([8, 12, 1], [3])
    assert about["dtype_policy"] == "float32"
    assert (about["keras_version"], about["keras_cae_version"]) == (keras.__version__, keras_cae.__version__)
    assert about["scaling"]["trained_on"] == "uint8"
    assert [name for name, able in about["can"].items() if able] == ["encode", "decode", "reconstruct"]
    assert f"keras-cae decode {model} CODES" in about["next"]


def test_for_people(invoke, saved):
    result = invoke("info", saved / "generating.keras")
    assert result.exit_code == 0, result.output
    for line in ("Model:      VariationalCAE", "Images:     8×12×1", "Codes:      2 numbers"):
        assert line in result.stdout
    assert "not trained yet" in result.stdout
    assert "sample, posterior" in result.stdout
    assert f"  keras-cae sample {saved / 'generating.keras'} 16" in result.stdout


def test_sizes_that_are_free_and_codes_that_are_not_enough(invoke, saved):
    assert "Images:     any×any×1" in invoke("info", saved / "any.keras").stdout
    assert "not: decode, sample" in invoke("info", saved / "skip.keras").stdout


def test_a_detector_of_a_run(invoke, tmp_path, saved):
    from keras_cae.anomaly import AnomalyDetector

    model = keras.saving.load_model(saved / "model.keras")
    detector = AnomalyDetector(model, "mse").calibrate(np.stack([picture(number) for number in range(8)])[..., None])
    detector.save(tmp_path / "detector.keras")
    (tmp_path / "model.keras").write_bytes((saved / "model.keras").read_bytes())
    assert json.loads(invoke("info", tmp_path, "--json").stdout)["can"]["score"]
    AnomalyDetector(model, "mse").save(tmp_path / "plain.keras")
    assert "MSEScore, not calibrated" in invoke("info", tmp_path / "plain.keras").stdout
    result = invoke("info", tmp_path / "detector.keras")
    assert "BasicCAE in an anomaly detector" in result.stdout
    assert f"MSEScore, threshold {float(detector.threshold):.4g}" in result.stdout


def test_a_file_that_is_no_model(invoke, tmp_path):
    (tmp_path / "model.keras").write_text("nothing")
    result = invoke("info", "model.keras")
    assert result.exit_code == 2
    assert "can't be loaded" in result.stderr
