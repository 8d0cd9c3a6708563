"""`keras-cae encode`, from images to files of codes."""

import csv
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import READABLE, picture, pixels_of
from PIL import Image

from keras_cae import datasets


def test_codes_of_a_folder_with_damaged_files(invoke, saved, photos):
    result = invoke("encode", saved / "model.keras", photos, "--batch-size", 2)
    assert result.exit_code == 0, result.output
    out = "runs/photos-codes-1/codes.npz"
    assert f"Encoded 5 images as 3 numbers each: {out}" in result.stdout
    assert f"Next, decode them to images: keras-cae decode {saved / 'model.keras'} {out}" in result.stdout
    assert "Skipped 2 files" in result.stderr
    assert f"{photos / 'torn.png'}: " in result.stderr
    with np.load(out) as found:
        assert found["files"].tolist() == READABLE
        expected = keras.saving.load_model(saved / "model.keras").encode(pixels_of(photos))
        np.testing.assert_allclose(found["codes"], expected, rtol=1e-5, atol=1e-6)
    assert [path.name for path in Path("runs/photos-codes-1").iterdir()] == ["codes.npz"]


def test_all_formats_hold_the_same(invoke, saved, photos):
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    results = {}
    for kind in ("npy", "csv", "parquet"):
        result = invoke("encode", saved / "model.keras", photos, "--out", f"new/codes.{kind}", "--json")
        results[kind] = json.loads(result.stdout)
    assert results["npy"]["images"] == 5
    assert results["npy"]["code_shape"] == [3]
    assert len(results["npy"]["skipped"]) == 2
    codes = np.load("new/codes.npy")
    with open("new/codes.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "code_0", "code_1", "code_2"]
    assert [row[0] for row in rows] == READABLE
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], "float32"), codes)
    table = parquet.read_table("new/codes.parquet").to_pydict()
    assert table.pop("file") == READABLE
    np.testing.assert_array_equal(np.stack(list(table.values()), 1).astype("float32"), codes)


def test_arrays_patterns_lists_and_shards_are_images_too(invoke, saved, photos):
    np.savez("images.npz", x_train=pixels_of(photos), x_test=pixels_of(photos)[:2])
    datasets.pack("photos", "packed-{shard}.tfrecord", shards=1)
    model = keras.saving.load_model(saved / "model.keras")
    expected = model.encode(pixels_of(photos))
    for data, rows, names in [
        (["images.npz", "--key", "x_train"], slice(None), [str(number) for number in range(5)]),
        (["images.npz"], slice(0, 2), ["0", "1"]),
        (["photos/b/*.*g"], [2, 3], ["a.jpg", "a.png"]),
        (["photos/e.png", "photos/b/c"], [1, 4], ["e.png", "b/c/d.png"]),
        (["packed-{shard}.tfrecord"], slice(None), READABLE),
    ]:
        result = invoke("encode", saved / "model.keras", *data, "--out", "codes.npz", "--overwrite")
        assert result.exit_code == 0, result.output
        with np.load("codes.npz") as found:
            assert found["files"].tolist() == names
            np.testing.assert_allclose(found["codes"], expected[rows], rtol=1e-5, atol=1e-6)


def test_sizes_of_codes_that_follow_the_images(invoke, saved, tmp_path):
    Path("mixed").mkdir()
    for number, size in enumerate([(9, 7), (9, 7), (6, 5)]):
        Image.fromarray(picture(number, size)).save(f"mixed/{number}.png")
    result = invoke("encode", saved / "any.keras", "mixed", "--out", "codes.csv")
    assert result.exit_code == 2
    assert "got 2 sizes (6×5, 9×7)" in result.stderr
    assert "--image-size" in result.stderr
    assert not Path("codes.csv").exists()
    result = invoke("encode", saved / "any.keras", "mixed", "--image-size", "6x8", "--out", "codes.csv")
    assert result.exit_code == 0, result.output
    header = Path("codes.csv").read_text().splitlines()[0].split(",")
    shape = keras.saving.load_model(saved / "any.keras").encode(np.zeros((1, 6, 8, 1), "uint8")).shape[1:]
    assert header[-1] == "code_" + "_".join(str(side - 1) for side in shape)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.keras", "photos"], "There is no model 'missing.keras'"),
        (["MODEL", "nothing"], "got 'nothing', which does not exist"),
        (["MODEL", "photos/b/text.png"], "The only image can't be read"),
        (["MODEL", "photos", "--out", "codes.txt"], "ends in .npz, .csv, .parquet or .npy"),
        (
            ["MODEL", "there.npy", "--out", "there.npy", "--overwrite"],
            "--out must not be an input of the command, got 'there.npy'",
        ),
        (["MODEL", "photos", "--out", "there.npy"], "--out must be a new file, got 'there.npy', which exists"),
        (["MODEL", "photos", "--out", "there.npy/codes.npy"], "can't be written"),
        (
            ["MODEL", "photos", "--image-size", "9"],
            "--image-size must be 8x12, the only size that this model accepts, got 9x9",
        ),
        (["MODEL", "photos", "--key", "x"], "--key is only supported for .npz files"),
        (["MODEL", "photos", "there.npy"], "Image files must end in"),
    ],
)
def test_what_is_refused(invoke, saved, photos, arguments, message):
    np.save("there.npy", pixels_of(photos))
    before = sorted(Path().rglob("*"))
    result = invoke("encode", *(saved / "model.keras" if each == "MODEL" else each for each in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert sorted(Path().rglob("*")) == before


def test_what_is_written_is_whole_or_not_there(invoke, saved, photos, monkeypatch):
    Path("codes.npz").write_bytes(b"old")
    from keras_cae.cli.applying import code_writer

    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(code_writer.shutil, "copyfileobj", fail)
    result = invoke("encode", saved / "model.keras", photos, "--out", "codes.npz", "--overwrite")
    assert result.exit_code == 130
    assert Path("codes.npz").read_bytes() == b"old"
    assert sorted(path.name for path in Path().iterdir()) == ["codes.npz", "photos"]
