"""`keras-cae decode`, from files of codes to images."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import READABLE
from PIL import Image

CODES = np.random.default_rng(0).normal(size=(3, 3)).astype("float32")


@pytest.mark.parametrize("kind", ["npz", "csv", pytest.param("parquet", marks=pytest.mark.slow)])
def test_what_encode_writes_becomes_images_with_the_same_names(invoke, saved, photos, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    invoke("encode", saved / "model.keras", photos, "--out", f"codes.{kind}")
    result = invoke("decode", saved / "model.keras", f"codes.{kind}", "--out", "made", "--batch-size", 2)
    assert result.exit_code == 0, result.output
    assert f"Next, encode them again: keras-cae encode {saved / 'model.keras'} made" in result.stdout
    made = sorted(str(path.relative_to("made")) for path in Path("made").rglob("*.png"))
    assert made == ["a.png", "b/a.jpg.png", "b/a.png", "b/c/d.png", "e.png"]
    model = keras.saving.load_model(saved / "model.keras")
    expected = model.decode(model.encode(np.asarray(Image.open("photos/e.png"))[None, ..., None]))[0, ..., 0]
    np.testing.assert_allclose(np.asarray(Image.open("made/e.png")) / 255, expected, atol=0.51 / 255)


def test_an_array_without_names(invoke, saved):
    np.save("codes.npy", CODES.astype("float64"))
    result = invoke("decode", saved / "model.keras", "codes.npy", "--out", "made.npy", "--json")
    assert json.loads(result.stdout)["images"] == 3
    expected = keras.saving.load_model(saved / "model.keras").decode(CODES)
    np.testing.assert_allclose(np.load("made.npy"), expected, atol=1e-6)
    invoke("decode", saved / "model.keras", "codes.npy")
    assert sorted(path.name for path in Path("runs/codes-images-1").iterdir()) == ["0.png", "1.png", "2.png"]


def test_numbers_of_vectors(invoke, saved, photos):
    result = invoke("encode", saved / "indices.keras", photos, "--out", "codes.csv", "--image-size", "8x12")
    assert result.exit_code == 0, result.output
    result = invoke("decode", saved / "indices.keras", "codes.csv", "--out", "made")
    assert result.exit_code == 0, result.output
    assert len(list(Path("made").rglob("*.png"))) == len(READABLE)
    np.save("half.npy", np.full((2, 4, 6), 0.5))
    result = invoke("decode", saved / "indices.keras", "half.npy")
    assert result.exit_code == 2
    assert "codebook indices, which are integers, for this model, got fractions" in result.stderr


@pytest.mark.parametrize(
    ("model", "content", "message"),
    [
        ("model", "0.1,0.2,0.3\n0.1,nan,0.3\n", "NaN or infinite values in the code 1"),
        ("model", "file,code_0,code_1,code_2\na,1,2\n", "line 2: expected 3 numbers, got 2"),
        ("model", "file,code_0,code_1,code_2\na,1,2,x\n", "line 2: could not convert"),
        ("model", "1,2\n", "must have the shape (n, 3)"),
        ("model", "file,code_0,code_1,code_2\n../a,1,2,3\n", "relative paths without '..', got '../a'"),
        ("model", "file,code_0,code_1,code_2\na,1,2,3\na.png,1,2,3\n", "would be written to the same file"),
        ("model", "", "is empty"),
        ("skip", "1,2\n", "can't decode codes alone"),
    ],
)
def test_what_is_refused(invoke, saved, model, content, message):
    Path("codes.csv").write_text(content)
    result = invoke("decode", saved / f"{model}.keras", "codes.csv")
    assert result.exit_code == 2
    assert message in result.stderr
    assert [path.name for path in Path().iterdir()] == ["codes.csv"]


@pytest.mark.parametrize(("shape", "message"), [((3,), "with 2 axes"), ((3, 2, 3), "with 2 axes")])
def test_arrays_that_are_no_codes(invoke, saved, shape, message):
    np.save("codes.npy", np.zeros(shape))
    result = invoke("decode", saved / "model.keras", "codes.npy")
    assert result.exit_code == 2
    assert message in result.stderr
