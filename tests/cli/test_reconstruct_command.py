"""`keras-cae reconstruct`, from images to their reconstructions."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import picture, pixels_of
from PIL import Image


def test_names_and_subfolders_are_kept(invoke, saved, photos):
    result = invoke("reconstruct", saved / "model.keras", photos, "--out", "made", "--batch-size", 2)
    assert result.exit_code == 0, result.output
    assert "Reconstructed 5 images: made" in result.stdout
    assert f"keras-cae evaluate {saved / 'model.keras'} {photos}" in result.stdout
    assert "text.png: not an image" in result.stderr
    names = ["a.png", "e.png", "b/a.jpg.png", "b/a.png", "b/c/d.png"]
    assert sorted(str(path.relative_to("made")) for path in Path("made").rglob("*.*")) == sorted(names)
    expected = keras.saving.load_model(saved / "model.keras").predict(pixels_of(photos), verbose=0)
    np.testing.assert_allclose(pixels_of("made", names) / 255, expected, atol=0.51 / 255)


@pytest.mark.parametrize("model", [pytest.param("model", marks=pytest.mark.slow), "any"])
def test_pictures_have_the_sizes_of_the_files(invoke, saved, model):
    Path("mixed").mkdir()
    sizes = [(9, 7), (9, 7), (20, 30), (8, 12)]
    for number, size in enumerate(sizes):
        Image.fromarray(picture(number, size)).save(f"mixed/{number}.png")
    result = invoke("reconstruct", saved / f"{model}.keras", "mixed", "--out", "made")
    assert result.exit_code == 0, result.output
    assert [Image.open(f"made/{number}.png").size[::-1] for number in range(4)] == sizes
    if model == "any":  # The images were not resized.
        image = picture(2, (20, 30))[None, ..., None]
        expected = keras.saving.load_model(saved / "any.keras").predict(image, verbose=0)
        np.testing.assert_allclose(pixels_of("made", ["2.png"]) / 255, expected, atol=0.51 / 255)


def test_an_array_of_reconstructions(invoke, saved):
    signals = np.random.default_rng(0).random((5, 10, 2), dtype="float32")
    np.save("signals.npy", signals)
    result = invoke("reconstruct", saved / "signals.keras", "signals.npy", "--out", "made.npy", "--json")
    assert json.loads(result.stdout) == {
        "model": str(saved / "signals.keras"),
        "data": "signals.npy",
        "images": 5,
        "out": "made.npy",
        "skipped": [],
    }
    expected = keras.saving.load_model(saved / "signals.keras").predict(signals, verbose=0)
    np.testing.assert_allclose(np.load("made.npy"), expected, atol=1e-6)
    result = invoke("reconstruct", saved / "signals.keras", "signals.npy")
    assert result.exit_code == 2
    assert "as an array with --out NAME.npy" in result.stderr


def test_results_never_replace_anything(invoke, saved, photos):
    before = {path: path.read_bytes() for path in photos.rglob("*.*")}
    for out, message in ((photos, "a folder that is not empty"), ("made.csv", "must be a new folder")):
        result = invoke("reconstruct", saved / "model.keras", photos, "--out", out)
        assert result.exit_code == 2
        assert message in result.stderr
    (photos / "b/a.jpg.png").write_bytes((photos / "a.png").read_bytes())
    result = invoke("reconstruct", saved / "model.keras", photos, "--out", "made")
    assert result.exit_code == 2
    assert "would be written to the same file 'b/a.jpg.png'" in result.stderr
    assert not Path("made").exists()
    (photos / "b/a.jpg.png").unlink()
    assert {path: path.read_bytes() for path in photos.rglob("*.*")} == before


@pytest.mark.slow
def test_deep_images_keep_their_bits(invoke, tmp_path):
    from keras_cae.models import BasicCAE

    images = np.random.default_rng(0).integers(0, 65536, (4, 8, 8), dtype="uint16")
    Path("deep").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image).save(f"deep/{number}.png")
    model = BasicCAE(2, filters=(2,))
    model.compile("adam", "mse")
    model.fit(images[..., None], verbose=0)
    model.save("deep.keras")
    result = invoke("reconstruct", "deep.keras", "deep", "--out", "made")
    assert result.exit_code == 0, result.output
    made = np.stack([np.asarray(Image.open(f"made/{number}.png")) for number in range(4)])
    expected = model.predict(images[..., None], verbose=0)[..., 0]
    np.testing.assert_allclose(made / 65535, expected, atol=1e-4)


@pytest.mark.slow
def test_the_run_says_how_images_get_their_size(invoke, saved):
    Path("run").mkdir()
    Path("run/model.keras").write_bytes((saved / "model.keras").read_bytes())
    Path("run/results.json").write_text(json.dumps({"settings": {"resize": "crop"}}))
    Path("wide").mkdir()
    image = picture(0, (8, 24))
    Image.fromarray(image).save("wide/0.png")
    expected = keras.saving.load_model("run/model.keras").predict(image[None, :, 6:18, None], verbose=0)
    for options in ([], ["--resize", "stretch"]):
        result = invoke("reconstruct", "run", "wide", "--out", "made.npy", "--overwrite", *options)
        assert result.exit_code == 0, result.output
        assert np.allclose(np.load("made.npy"), expected, atol=1e-6) == (not options)
