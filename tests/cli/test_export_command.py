"""`keras-cae export`, from a saved model to a file for another runtime."""

import json

import numpy as np
import pytest
import tensorflow as tf
from typer.testing import CliRunner

from keras_cae.anomaly import AnomalyDetector
from keras_cae.cli.app import app
from keras_cae.models import BasicCAE

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 12, 1), dtype="uint8")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run folder with a model, a detector and images."""
    folder = tmp_path_factory.mktemp("run")
    model = BasicCAE(3, filters=(4,))
    model.compile("adam", "mse")
    model.fit(IMAGES, verbose=0)
    model.save(folder / "model.keras")
    AnomalyDetector(model, "mse").calibrate(IMAGES).save(folder / "detector.keras")
    np.save(folder / "images.npy", IMAGES)
    return folder


def invoke(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_the_encoder_of_a_run(run_folder, tmp_path):
    result = invoke(run_folder, tmp_path / "encoder", "--part", "encoder", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["format"], report["part"], report["filepath"]) == (
        "tf_saved_model",
        "encoder",
        str(tmp_path / "encoder"),
    )
    assert report["largest_difference"] < 1e-6
    served = tf.saved_model.load(tmp_path / "encoder")
    assert served.serve(IMAGES).shape == (20, 3)


@pytest.mark.slow
def test_a_quantized_file_and_a_detector(run_folder, tmp_path):
    out = tmp_path / "small.tflite"
    result = invoke(
        run_folder,
        out,
        "--quantize",
        "int8",
        "--representative-images",
        run_folder / "images.npy",
        "--input-dtype",
        "uint8",
    )
    assert result.exit_code == 0, result.output
    assert "PSNR" in result.stdout
    assert out.stat().st_size
    result = invoke(run_folder / "detector.keras", tmp_path / "detector")
    assert result.exit_code == 0, result.output
    assert "Saved the detector at" in result.stdout


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("nothing.keras", (), "There is no model"),
        ("images.npy", (), "can't be loaded"),
        ("detector.keras", ("--part", "encoder"), "--part: only supported for autoencoders"),
        ("model.keras", ("--format", "litert"), "must end with '.tflite'"),
    ],
)
def test_what_is_refused(run_folder, tmp_path, model, options, message):
    result = invoke(run_folder / model, tmp_path / "out", *options)
    assert result.exit_code == 2
    assert message in result.output
    assert not list(tmp_path.iterdir())
