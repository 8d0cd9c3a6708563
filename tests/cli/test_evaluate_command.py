"""`keras-cae evaluate`, from images to the quality of their reconstructions."""

import csv
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import READABLE, picture, pixels_of
from PIL import Image


def test_means_and_rows_are_those_of_the_model(invoke, saved, photos):
    result = invoke("evaluate", saved / "model.keras", photos, "--batch-size", 2, "--out", "each.csv", "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    images = pixels_of(photos)
    outputs = keras.saving.load_model(saved / "model.keras").predict(images, verbose=0)
    error = np.mean((outputs - images / 255) ** 2, axis=(1, 2, 3))
    with open("each.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == READABLE
    np.testing.assert_allclose([float(row["mse"]) for row in rows], error, rtol=1e-4)
    np.testing.assert_allclose([float(row["psnr"]) for row in rows], -10 * np.log10(error), rtol=1e-4)
    for name in ("mse", "psnr", "ssim"):
        assert printed[name] == pytest.approx(np.mean([float(row[name]) for row in rows]), rel=1e-5)
    assert printed["worst"]["file"] == READABLE[error.argmax()]
    assert printed["images"] == 5
    assert [Path(file["path"]).name for file in printed["skipped"]] == ["text.png", "torn.png"]


@pytest.mark.slow
def test_a_table_for_people(invoke, saved):
    Path("mixed").mkdir()
    for number, size in enumerate([(9, 7), (20, 30)]):
        Image.fromarray(picture(number, size)).save(f"mixed/{number}.png")
    result = invoke("evaluate", saved / "any.keras", "mixed")
    assert result.exit_code == 0, result.output
    model = keras.saving.load_model(saved / "any.keras")
    images = [picture(number, size)[None, ..., None] for number, size in enumerate([(9, 7), (20, 30)])]
    mean = np.mean([model.evaluate_images(image)["mse"] for image in images])
    assert f"{mean:.5f}" in result.stdout
    assert "PSNR (dB)" in result.stdout
    assert "Worst image: " in result.stdout
    assert f"Next, write the reconstructions: keras-cae reconstruct {saved / 'any.keras'} mixed" in result.stdout
