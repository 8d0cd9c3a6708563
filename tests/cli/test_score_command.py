"""`keras-cae score` and `keras-cae train --detector`, from folders to tables and overlays."""

import csv
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from keras_cae.anomaly import AnomalyDetector
from keras_cae.cli.app import app
from keras_cae.models import BasicCAE

SIZE = (9, 12)
DEFECT = (slice(2, 6), slice(3, 8))


def picture(seed, defective=False):
    """A dark gradient with noise, in which defects are white."""
    generator = np.random.default_rng(seed)
    slope = generator.uniform(0.5, 1.5)
    pixels = 40 + slope * np.arange(SIZE[1]) + generator.uniform(0, 5, SIZE)
    if defective:
        pixels[DEFECT] = 250
    return pixels.astype("uint8")


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def inspected(tmp_path_factory):
    """A folder in the layout of MVTec AD."""
    folder = tmp_path_factory.mktemp("data") / "parts"
    for number in range(40):
        save(folder / f"train/good/{number:02}.png", picture(number))
    for number in range(5):
        save(folder / f"test/good/{number}.png", picture(100 + number))
        save(folder / f"test/spot/{number}.png", picture(200 + number, defective=True))
        mask = np.zeros(SIZE, "uint8")
        mask[DEFECT] = 255
        save(folder / f"ground_truth/spot/{number}_mask.png", mask)
    return folder


@pytest.fixture(scope="module")
def detector(inspected):
    """The file of a detector that is calibrated on the good images."""
    keras.utils.set_random_seed(0)
    images = np.stack([picture(number) for number in range(40)])[..., None]
    model = BasicCAE(4, filters=(4, 8))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.fit(images, epochs=20, verbose=0)
    file = inspected.parent / "detector.keras"
    AnomalyDetector(model, "mse").calibrate(images).save(file)
    return file


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows(folder):
    with (Path(folder) / "scores.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_of_good_and_bad_images_is_measured_kind_by_kind(invoke, inspected, detector):
    result = invoke("score", detector, inspected, "--out", "found")
    assert result.exit_code == 0, result.output
    table = rows("found")
    assert [row["kind"] for row in table] == ["good"] * 5 + ["spot"] * 5
    assert [row["file"] for row in table][5] == "test/spot/0.png"
    expected = keras.saving.load_model(detector).predict(inspected / "test")
    np.testing.assert_allclose([float(row["score"]) for row in table], expected["score"], rtol=1e-6)
    assert [int(row["is_anomaly"]) for row in table] == expected["is_anomaly"].astype(int).tolist()
    assert "image AUROC" in result.stdout
    measured = json.loads(Path("found/results.json").read_text())["kinds"]["spot"]
    assert measured["image_auroc"] == 1.0
    assert measured["images"] == 5
    assert measured["pixel_auroc"] > 0.9


def test_pictures_show_where_the_anomalies_are(invoke, inspected, detector):
    invoke("score", detector, inspected, "--out", "found")
    shown = sorted(path.name for path in Path("found/overlays/test/spot").iterdir())
    assert shown == [f"{number}.png.png" for number in range(5)]
    overlay = np.asarray(Image.open("found/overlays/test/spot/0.png.png"))
    assert overlay.shape == (*SIZE, 3)
    changed = np.abs(overlay.astype(int) - picture(200, defective=True)[..., None]).sum(axis=-1) > 30
    assert changed[DEFECT].any()


@pytest.mark.parametrize(("option", "count"), [("all", 10), ("none", 0)])
def test_pictures_of_all_images_or_none(invoke, inspected, detector, option, count):
    invoke("score", detector, inspected, "--out", "found", "--overlays", option)
    assert len(list(Path("found").rglob("*.png"))) == count


def test_a_plain_folder_with_images_that_cannot_be_read(invoke, detector):
    for name, number in (("a.png", 1), ("b/a.png", 2), ("b/a.jpg", 3)):
        save(Path("photos") / name, picture(number))
    Path("photos/broken.png").write_bytes(b"no image")
    result = invoke("score", detector, "photos", "--batch-size", 2, "--overlays", "all", "--out", "found")
    assert result.exit_code == 0, result.output
    assert [row["file"] for row in rows("found")] == ["a.png", "b/a.jpg", "b/a.png"]
    assert "broken.png: not an image" in result.stderr
    # Files that differ only in the suffix have separate overlays.
    assert len(list(Path("found/overlays").rglob("*.png"))) == 3


def test_arrays_thresholds_and_exit_codes(invoke, detector):
    np.save("images.npy", np.stack([picture(1), picture(2, defective=True)])[..., None])
    result = invoke("score", detector, "images.npy", "--out", "first", "--fail-on-anomaly", "--json")
    assert result.exit_code == 3
    printed = json.loads(result.stdout)
    assert (printed["images"], printed["anomalies"]) == (2, 1)
    result = invoke("score", detector, "images.npy", "--threshold", "1e9", "--fail-on-anomaly", "--out", "second")
    assert result.exit_code == 0, result.output
    assert [row["is_anomaly"] for row in rows("second")] == ["0", "0"]


def test_training_writes_a_detector_that_scores(invoke, inspected):
    small = ["--filters", "4,8", "--latent-dim", 4, "--epochs", 4, "--out", "run"]
    result = invoke("train", inspected, "--detector", "--score", "mse", *small)
    assert result.exit_code == 0, result.output
    assert "only the images in train/good are used" in result.stderr
    assert "calibrated on the 12 validation and test images" in result.stdout
    assert "requires at least 100 images" in result.stderr
    result = invoke("score", "run", inspected, "--out", "found")
    assert result.exit_code == 0, result.output
    assert json.loads(Path("found/results.json").read_text())["kinds"]["spot"]["image_auroc"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.keras", "photos"], "There is no detector 'missing.keras'. Train one with"),
        (["model.keras", "photos"], "contains a BasicCAE, not an AnomalyDetector"),
        (["DETECTOR", "photos"], "There are no images in the folder 'photos'"),
        (["DETECTOR", "nothing"], "nothing"),
        (["DETECTOR", "photos", "--threshold", "nan"], "threshold must be a finite number"),
    ],
)
def test_what_cannot_be_scored(invoke, detector, arguments, message):
    Path("photos").mkdir()
    model = BasicCAE(2, filters=(2,))
    model.build((None, 8, 8, 1))
    model.save("model.keras")
    result = invoke("score", *(detector if each == "DETECTOR" else each for each in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("runs").exists()


def test_a_missing_mask_is_named(invoke, inspected, detector):
    moved = inspected / "ground_truth/spot/3_mask.png"
    moved.rename(inspected / "kept.png")
    try:
        result = invoke("score", detector, inspected)
    finally:
        (inspected / "kept.png").rename(moved)
    assert result.exit_code == 2
    assert "The mask of" in result.stderr
    assert "3_mask.png" in result.stderr


def test_a_score_that_does_not_fit_is_refused_before_training(invoke):
    result = invoke("train", "--detector", "--score", "elbo", "--out", "run")
    assert result.exit_code == 2
    assert "elbo" in result.stderr.lower()
    result = invoke("train", "--detector", "--score", "best", "--out", "run")
    assert result.exit_code == 2
    assert "score must be one of" in result.stderr
