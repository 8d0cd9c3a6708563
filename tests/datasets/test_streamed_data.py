"""Streamed images behave like an array."""

import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets import ImageData, load_images, pack
from keras_cae.datasets.streamed_data import StreamedData, load_or_stream

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(12):
        Image.fromarray(RANDOM.integers(0, 256, (9, 14, 3), np.uint8)).save(folder / f"{number:02}.png")
    return folder


@pytest.mark.parametrize("index", [3, -1, slice(2, 9, 3), slice(4, 4), np.array([5, 2]), slice(None)])
def test_indices(folder, index):
    images, data = load_images(folder).images, load_or_stream(folder, stream=True)
    assert isinstance(data, StreamedData)
    assert data.images.shape == images.shape
    np.testing.assert_array_equal(data.images[index], images[index])


def test_parts(folder):
    expected = load_images(folder).split()
    for part, images in zip(load_or_stream(folder, stream=True).split(), expected, strict=True):
        np.testing.assert_array_equal(part[:], images)
        batches = np.concatenate([np.asarray(batch) for batch in part.batches(4)])
        np.testing.assert_array_equal(batches, images)


@pytest.mark.parametrize("kind", ["folder", "npy", "npz"])
def test_half_of_the_memory_decides(folder, tmp_path, monkeypatch, kind):
    data = folder
    if kind != "folder":
        data = tmp_path / f"a.{kind}"
        {"npy": np.save, "npz": np.savez}[kind](data, load_images(folder).images)
    needed = 3 * 12 * 9 * 14 * 3
    for available, expected in ((2 * needed, ImageData), (2 * needed - 2, StreamedData), (None, ImageData)):
        monkeypatch.setattr("keras_cae.datasets.streamed_data.available_memory", lambda value=available: value)
        assert type(load_or_stream(data)) is expected
    assert type(load_or_stream(data, stream=False)) is ImageData


def test_shards_are_always_streamed(folder, tmp_path):
    pack(folder, tmp_path / "train-{shard}.tfrecord", shards=2)
    data = load_or_stream(str(tmp_path / "train-{shard}.tfrecord"))
    assert data.name == "train"
    assert data.files == 2
    np.testing.assert_array_equal(data.images[:], load_images(folder).images)
    with pytest.raises(ValueError, match="--no-stream"):
        load_or_stream(tmp_path, stream=False)


def test_test_images_that_are_set_apart(tmp_path):
    images = RANDOM.integers(0, 256, (9, 4, 5, 1), np.uint8)
    np.savez(tmp_path / "a.npz", x_train=images[:6], x_test=images[6:])
    parts = load_or_stream(tmp_path / "a.npz", stream=True).split(0.2)
    np.testing.assert_array_equal(parts.test[:], images[6:])
    assert len(parts.train) == 5


def test_the_identity_is_that_of_the_files(folder, tmp_path):
    def identity():
        return load_or_stream(tmp_path, stream=True).images.identity()

    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = identity()
    assert identity() == before
    (tmp_path / "03.png").write_bytes((tmp_path / "04.png").read_bytes())
    assert identity() != before


def test_notes_and_what_is_no_file(folder):
    assert load_or_stream(folder, stream=True, max_side=7).notes == load_images(folder, max_side=7).notes != ()
    with pytest.raises(ValueError, match="--stream is only supported for folders"):
        load_or_stream("digits", stream=True)
    with pytest.raises(FileNotFoundError):
        load_or_stream("nowhere")
