"""`--precision` of `keras-cae train`, `tune`, `score` and `denoise`."""

import csv
import functools
import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_cae import fastest_policy, models
from keras_cae.anomaly import AnomalyDetector
from keras_cae.cli import precision
from keras_cae.cli.scoring import half_precision
from keras_cae.cli.training import run as training

TRAIN = ["train", "images.npy", "--filters", "4", "--latent-dim", 3, "--epochs", 1, "--out", "run"]


@pytest.fixture(autouse=True)
def _images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "standard_callbacks", lambda *_, **__: [])
    np.save("images.npy", np.random.default_rng(0).random((40, 8, 8, 1), dtype="float32"))


@pytest.fixture
def machine(monkeypatch):
    """Set the fastest precision of this machine, with and without measuring a model."""

    def build(alone, measured=None):
        def recommended(model=None, **arguments):
            assert model is None or arguments["batch_size"]
            return alone if model is None else measured

        monkeypatch.setattr(precision, "recommended_dtype_policy", recommended)

    return build


@pytest.fixture
def policies(monkeypatch):
    """The dtype policies of the trained models."""
    seen = []
    fit = models.CAE.fit

    @functools.wraps(fit)
    def watched(self, *arguments, **more):
        seen.append(self.dtype_policy.name)
        return fit(self, *arguments, **more)

    monkeypatch.setattr(models.CAE, "fit", watched)
    return seen


def config(path):
    return zipfile.ZipFile(path).read("config.json").decode()


def test_training_in_bfloat16_writes_a_model_in_float32(invoke, policies):
    result = invoke(*TRAIN, "--precision", "bfloat16", "--detector")
    assert result.exit_code == 0, result.output
    assert ", mse, bfloat16" in result.stdout
    assert policies == ["mixed_bfloat16"]
    for name in ("model.keras", "detector.keras"):
        assert "bfloat16" not in config(Path("run") / name)
    assert keras.saving.load_model("run/model.keras").optimizer.iterations == 2
    assert json.loads(Path("run/results.json").read_text())["settings"]["precision"] == "bfloat16"


@pytest.mark.slow
def test_a_run_goes_on_in_the_precision_that_was_found(invoke, policies, machine, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(self, epoch, logs=None):
        raise Killed

    machine("mixed_bfloat16", "mixed_bfloat16")
    with monkeypatch.context() as patch:
        patch.setattr(training.BestModel, "on_epoch_end", kill)
        with pytest.raises(Killed):
            invoke(*TRAIN, "--precision", "auto")
    machine("float32")
    assert invoke("train", "--resume", "run", "--device", "cpu").exit_code == 0
    assert policies == ["mixed_bfloat16", "mixed_bfloat16"]


@pytest.mark.parametrize(
    ("alone", "measured", "said"),
    [
        ("float32", None, "Precision: float32, because this machine does not accelerate half precision."),
        ("mixed_bfloat16", "float32", "float32, because this model was measured to be no faster in bfloat16."),
        (
            "mixed_float16",
            "mixed_float16",
            "float16, because this model was measured to be faster in it than in float32",
        ),
    ],
)
def test_what_is_found_is_said_in_a_line(alone, measured, said, machine, capsys):
    machine(alone, measured)
    model = models.BasicCAE(3)
    name = precision.choose_precision("auto", model, image_shape=(8, 8, 1), batch_size=8)
    assert name == {"float32": "float32", None: "float32", "mixed_float16": "float16"}[measured]
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert precision.choose_precision("bfloat16") == "bfloat16"
    assert capsys.readouterr().err == ""


def test_networks_that_were_given_stay_in_their_precision(machine, capsys):
    machine("mixed_bfloat16")
    encoder = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    assert precision.choose_precision("auto", models.CAE(encoder, decoder)) == "float32"
    assert "because the networks passed to this model have their own precision" in capsys.readouterr().err


@pytest.mark.slow
def test_it_is_measured_where_the_processor_has_half_precision(invoke, tmp_path, monkeypatch):
    (tmp_path / "cpuinfo").write_text("flags : avx512_bf16\n")
    monkeypatch.setattr(fastest_policy, "CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(fastest_policy, "SECONDS", 0.0)
    result = invoke(*TRAIN, "--precision", "auto")
    assert result.exit_code == 0, result.output
    assert "because this model was measured to be" in result.stderr
    chosen = json.loads(Path("run/results.json").read_text())["settings"]["precision"]
    invoke(*TRAIN[:-1], "other", "--precision", chosen)
    weights = (keras.saving.load_model(f"{run}/model.keras").get_weights() for run in ("run", "other"))
    for weight, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.slow
def test_searching(invoke, machine, policies):
    machine("mixed_bfloat16")
    search = ["tune", "images.npy", "--model", "basic", "--tuner", "random", "--epochs", 1, "--latent-dim", 3]
    search += ["--trials", 1, "--out", "search", "--precision", "auto"]
    result = invoke(*search)
    assert result.exit_code == 0, result.output
    assert "Precision: bfloat16, because this machine accelerates it." in result.stderr
    assert policies == ["mixed_bfloat16"]
    assert "bfloat16" not in config("search/model.keras")


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    """The file of a detector, and the scores of images in float32."""
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(1).random((40, 8, 8, 1), dtype="float32")
    model = models.BasicCAE(3, filters=(4,))
    model.build((None, 8, 8, 1))
    file = tmp_path_factory.mktemp("detector") / "detector.keras"
    detector = AnomalyDetector(model, "mse").calibrate(images, 0.2)
    detector.save(file)
    return detector, file


def scores(folder):
    with (Path(folder) / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row["score"]) for row in rows]), [row["is_anomaly"] for row in rows]


def test_scores_in_half_precision_decide_as_those_in_float32(invoke, detector, machine):
    machine("mixed_bfloat16", "mixed_bfloat16")
    _, file = detector
    for name in ("float32", "auto"):
        result = invoke("score", file, "images.npy", "--precision", name, "--out", name, "--overlays", "none")
        assert result.exit_code == 0, result.output
    (exact, decided), (fast, decided_fast) = scores("float32"), scores("auto")
    assert decided_fast == decided
    assert {"0", "1"} == set(decided)
    np.testing.assert_allclose(fast, exact, rtol=0.02)
    assert (fast != exact).any()
    assert json.loads(Path("auto/results.json").read_text())["precision"] == "bfloat16"


def test_scores_near_the_threshold_are_those_in_float32(detector, monkeypatch):
    detector, _ = detector
    images = np.load("images.npy")
    exact = detector.predict(images)
    fast = half_precision.HalfPrecision(detector, "mixed_bfloat16").predict(images, 16)
    near = np.abs(exact["score"] - detector.threshold) < 0.04 * detector.threshold
    assert near.any()
    assert not near.all()
    for name, values in exact.items():
        np.testing.assert_allclose(fast[name][near], values[near], rtol=1e-6, err_msg=name)
    monkeypatch.setattr(half_precision, "NEAR", 0.0)
    untrusted = half_precision.HalfPrecision(detector, "mixed_bfloat16").predict(images, 16)
    assert (untrusted["score"][near] != exact["score"][near]).all()


@pytest.mark.parametrize(
    "more",
    [["--model", "model.keras"], pytest.param(["--train", "--steps", 1], marks=pytest.mark.slow)],
    ids=["model", "train"],
)
def test_denoising(more, invoke, machine, policies):
    machine("mixed_bfloat16", "mixed_bfloat16")
    model = models.DenoisingCAE(1, filters=(2, 3))
    model.build((None, None, None, 1))
    model.save("model.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (32, 40), dtype="uint8")
    Image.fromarray(pixels).save("noisy.png")
    made = {}
    for name in ("float32", "auto"):
        result = invoke("denoise", "noisy.png", "--out", name, "--precision", name, *more)
        assert result.exit_code == 0, result.output
        made[name] = np.asarray(Image.open(f"{name}/noisy.png"), float)
    assert "Precision: bfloat16" in result.stderr
    assert policies == (["float32", "mixed_bfloat16"] if "--train" in more else [])
    assert np.abs(made["float32"] - made["auto"]).max() <= (255 if "--train" in more else 4)
