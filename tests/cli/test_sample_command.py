"""`keras-cae sample`, from a model to generated images."""

import json
from pathlib import Path

import keras
import numpy as np
from PIL import Image


def test_the_images_of_a_seed(invoke, saved):
    result = invoke("sample", saved / "generating.keras", 3, "--seed", 5, "--batch-size", 2, "--out", "made.npy")
    assert result.exit_code == 0, result.output
    assert f"Next, generate other images: keras-cae sample {saved / 'generating.keras'} 3 --seed 6" in result.stdout
    expected = keras.saving.load_model(saved / "generating.keras").sample(3, seed=5)
    np.testing.assert_allclose(np.load("made.npy"), expected, atol=1e-6)
    result = invoke("sample", saved / "generating.keras", 11, "--seed", 5, "--out", "made", "--json")
    assert json.loads(result.stdout)["images"] == 11
    names = sorted(path.name for path in Path("made").iterdir())
    assert names == [f"sample-{number:02}.png" for number in range(11)]
    np.testing.assert_allclose(np.asarray(Image.open("made/sample-00.png")) / 255, expected[0, ..., 0], atol=0.51 / 255)


def test_what_is_refused(invoke, saved):
    result = invoke("sample", saved / "model.keras")
    assert result.exit_code == 2
    assert "has no prior to draw codes from" in result.stderr
    result = invoke("sample", saved / "generating.keras", "--image-size", 9)
    assert result.exit_code == 2
    assert "the only size that this model accepts" in result.stderr
    assert not list(Path().iterdir())
