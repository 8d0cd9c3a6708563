"""`keras-cae pack`, from the command line to the shards."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from keras_cae.cli.app import app
from keras_cae.datasets import load_images, stream_images


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Runs the program in a folder with a folder of photographs."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for number in range(6):
        Image.fromarray(random.integers(0, 256, (20, 30, 3), np.uint8)).save(f"photos/{number}.png")
    return lambda *arguments: CliRunner().invoke(app, ["pack", *map(str, arguments)])


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


def test_a_folder_of_photographs(invoke):
    with open("photos/broken.png", "wb") as file:
        file.write(b"nothing")
    result = invoke("photos", "out/train-{shard}.tfrecord", "--shards", 2)
    assert result.exit_code == 0, result.output
    assert "Packed 6 images into 2 shards" in result.output
    assert "photos/broken.png" in result.output
    stream = stream_images("out", shuffle=False)
    np.testing.assert_array_equal(images_of(stream), load_images("photos").images)


def test_pixels_of_a_size(invoke):
    assert invoke("photos", "a-{shard}.tfrecord", "--image-size", "8x9", "--channels", 1).exit_code == 0
    expected = load_images("photos", image_size=(8, 9), channels=1).images
    np.testing.assert_array_equal(images_of(stream_images("a-{shard}.tfrecord", shuffle=False)), expected)


def test_what_is_refused(invoke):
    assert invoke("photos", "a-{shard}.tfrecord").exit_code == 0
    for arguments, words in (
        (("photos", "a-{shard}.tfrecord"), "--overwrite"),
        (("photos", "a.tfrecord"), "{shard}"),
        (("nowhere", "b-{shard}.tfrecord"), "nowhere"),
    ):
        result = invoke(*arguments)
        assert result.exit_code == 2
        assert words in result.output
    assert invoke("photos", "a-{shard}.tfrecord", "--overwrite", "--shards", 3).exit_code == 0
