"""Models saved by the first version can be loaded, have the same outputs, and can be trained further."""

import importlib.util
import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from checks import check_table

import keras_cae

FOLDER = Path(__file__).parent


def the_script():
    spec = importlib.util.spec_from_file_location("make_saved_models", FOLDER / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = the_script()


@pytest.mark.tables
def test_every_architecture_has_a_file():
    where = "MODELS in tests/saved/make.py, with a function that makes a small model"
    check_table({*keras_cae.models.__all__, "AnomalyDetector"} - {"PyramidCAE"}, SCRIPT.MODELS, where)
    saved = {path.stem for path in FOLDER.glob("*.keras")}
    check_table(SCRIPT.MODELS, saved, "tests/saved, by running python tests/saved/make.py (see CONTRIBUTING.md)")
    assert all(path.stat().st_size < 30_000 for path in FOLDER.iterdir() if path.is_file())


@pytest.mark.parametrize("name", SCRIPT.MODELS)
def test_a_saved_model_gives_what_it_gave(name):
    model = keras.saving.load_model(FOLDER / f"{name}.keras")
    assert type(model).__name__ == name
    tolerance = 2e-2 if name == "BatchNormPoolCAE" else 1e-5
    with np.load(FOLDER / f"{name}.npz") as expected:
        results = SCRIPT.outputs(model)
        assert set(expected.files) == set(results)
        for key in expected.files:
            np.testing.assert_allclose(results[key], expected[key], rtol=tolerance, atol=tolerance, err_msg=key)
    if name != "AnomalyDetector":
        assert model._gate.dtype == "uint8"
        assert np.isfinite(model.fit(SCRIPT.IMAGES, verbose=0).history["loss"]).all()


def test_a_saved_sampler():
    sampler = keras_cae.samplers.NormalSampler.load(FOLDER / "NormalSampler.npz")
    assert sampler.sample(3, seed=0).shape == (3, 2)


def test_files_name_nothing_outside_of_keras_and_the_library():
    for path in FOLDER.glob("*.keras"):
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
        assert config["registered_name"].startswith("keras_cae>")
