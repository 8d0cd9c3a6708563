"""Decoded images are cached in a file, which is used only if it is complete and belongs to the same files."""

import os

import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets import stream_images
from keras_cae.files import DiskFullError

RANDOM = np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abcd":
        Image.fromarray(RANDOM.integers(0, 256, (40, 30), np.uint8)).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """Record the files that are decoded."""
    from keras_cae.datasets import picture_source

    read, files = picture_source.read_pixels, []

    def counting(picture, *arguments):
        files.append(picture.name)
        return read(picture, *arguments)

    monkeypatch.setattr(picture_source, "read_pixels", counting)
    return files


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


def test_later_epochs_and_streams_decode_nothing(folder, tmp_path, decoded, monkeypatch):
    cache = tmp_path / "cache" / "images.bin"
    plain = images_of(stream_images(folder, shuffle=False))
    stream = stream_images(folder, shuffle=False, batch_size=3, cache=cache)
    np.testing.assert_array_equal(images_of(stream), plain)
    assert os.listdir(cache.parent) == ["images.bin"]
    decoded.clear()
    np.testing.assert_array_equal(images_of(stream), plain)
    assert decoded == []
    monkeypatch.chdir(tmp_path)
    again = stream_images(folder.name, shuffle=False, cache=cache)
    decoded.clear()
    np.testing.assert_array_equal(images_of(again), plain)
    assert decoded == []


def test_patches_are_cut_from_the_cache(folder, tmp_path, decoded):
    Image.fromarray(RANDOM.integers(0, 256, (50, 60), np.uint8)).save(folder / "e.png")
    options = {"patches": 7, "patches_per_image": 3, "seed": 0}
    plain = stream_images(folder, **options)
    stream = stream_images(folder, cache=tmp_path / "c", **options)
    np.testing.assert_array_equal([images_of(stream) for _ in range(2)], [images_of(plain) for _ in range(2)])
    decoded.clear()
    images_of(stream)
    assert decoded == []


def test_an_epoch_that_is_broken_off_leaves_no_cache(folder, tmp_path):
    cache = tmp_path / "cache" / "images.bin"
    stream = stream_images(folder, batch_size=1, cache=cache)
    next(iter(stream))
    assert not cache.exists()
    images_of(stream)
    assert cache.exists()


@pytest.mark.parametrize("change", ["content", "time", "added", "options"])
def test_a_cache_of_other_files_is_made_anew(folder, tmp_path, change):
    cache = tmp_path / "images.bin"
    images_of(stream_images(folder, cache=cache))
    before = cache.read_bytes()
    options = {}
    if change == "content":
        Image.fromarray(RANDOM.integers(0, 256, (40, 30), np.uint8)).save(folder / "b.png")
    elif change == "time":
        os.utime(folder / "b.png", ns=(1, 1))
    elif change == "added":
        Image.fromarray(RANDOM.integers(0, 256, (40, 30), np.uint8)).save(folder / "e.png")
    else:
        options = {"image_size": 20}
    stream = stream_images(folder, cache=cache, shuffle=False, **options)
    np.testing.assert_array_equal(images_of(stream), images_of(stream_images(folder, shuffle=False, **options)))
    assert cache.read_bytes() != before


def test_a_file_that_changes_meanwhile(folder, tmp_path):
    cache = tmp_path / "images.bin"
    stream = stream_images(folder, cache=cache)
    os.utime(folder / "b.png", ns=(1, 1))
    images_of(stream)
    assert not cache.exists()


def test_damaged_files_are_remembered(folder, tmp_path, decoded):
    Image.fromarray(RANDOM.integers(0, 256, (40, 30), np.uint8)).save(folder / "e.jpg")
    whole = (folder / "e.jpg").read_bytes()
    (folder / "e.jpg").write_bytes(whole[: len(whole) // 2])
    cache = tmp_path / "images.bin"
    first = stream_images(folder, cache=cache, shuffle=False)
    expected = images_of(first)
    again = stream_images(folder, cache=cache, shuffle=False)
    decoded.clear()
    np.testing.assert_array_equal(images_of(again), expected)
    assert decoded == []
    assert len(expected) == 5
    assert first.skipped == again.skipped
    assert [file.path for file in again.skipped] == [str(folder / "e.jpg")]


def test_parts_share_a_cache(folder, tmp_path, decoded):
    stream = stream_images(folder, cache=tmp_path / "images.bin")
    train, validation, test = stream.split(0.25, 0.25)
    images_of(train)
    decoded.clear()
    images_of(validation)
    images_of(test)
    assert decoded == []


def test_another_file_is_not_replaced(folder, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear reader, this is no cache.")
    with pytest.raises(ValueError, match=r"letter\.txt', which is not a cache"):
        stream_images(folder, cache=tmp_path / "letter.txt")
    for wrong in (tmp_path, 3):
        with pytest.raises(ValueError, match="cache must be the path of a file"):
            stream_images(folder, cache=wrong)


def test_a_full_disk(tmp_path, small_disk):
    for number in range(3):
        Image.fromarray(np.full((1000, 1000), number * 90 + 40, np.uint8)).save(tmp_path / f"{number}.png")
    stream = stream_images(tmp_path, cache=small_disk.path / "images.bin", image_size=1000)
    with pytest.raises(Exception, match="disk is full") as caught:
        images_of(stream)
    assert DiskFullError.__name__ in str(caught.value)
    assert stream.skipped == []
