"""Random patches of large images."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from keras_cae.datasets import stream_images

RANDOM = np.random.default_rng(0)
SIZES = ((20, 31), (17, 25), (40, 12))


@pytest.fixture
def photos(tmp_path):
    """Photographs of three sizes, by their paths."""
    made = {}
    for number, size in enumerate(SIZES):
        path = tmp_path / f"{number}.png"
        made[str(path)] = RANDOM.integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(made[str(path)]).save(path)
    return made


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


def is_part(patch, image):
    windows = sliding_window_view(image, patch.shape)
    return bool((windows == patch).all(axis=(-3, -2, -1)).any())


def test_patches_are_parts_of_the_images(photos, tmp_path):
    stream = stream_images(tmp_path, patches=(8, 11), patches_per_image=3, batch_size=4, shuffle=False, seed=0)
    assert int(stream.cardinality()) == 3
    patches = images_of(stream)
    assert patches.shape == (9, 8, 11, 3)
    for number, path in enumerate(photos):
        for patch in patches[3 * number : 3 * number + 3]:
            assert is_part(patch, photos[path])


def test_epochs_have_other_patches_and_a_seed_repeats_them(photos, tmp_path, monkeypatch):
    options = {"patches": 8, "patches_per_image": 5, "batch_size": 4, "seed": 3}
    first = stream_images(tmp_path, **options)
    epochs = [images_of(first) for _ in range(2)]
    assert not set(map(bytes, epochs[0])) & set(map(bytes, epochs[1]))
    monkeypatch.setattr("keras_cae.datasets.decoding.THREADS", 1)
    second = stream_images(tmp_path, **options)
    np.testing.assert_array_equal(epochs, [images_of(second) for _ in range(2)])


def test_validation_has_the_same_patches_in_each_epoch(photos, tmp_path):
    stream = stream_images(tmp_path, patches=8, patches_per_image=5, shuffle=False)
    np.testing.assert_array_equal(images_of(stream), images_of(stream))


def test_patches_of_an_image_are_spread(tmp_path):
    images = np.repeat(np.arange(1, 9, dtype=np.uint8) * 20, 20 * 20).reshape(8, 20, 20)
    batch = next(iter(stream_images(images, patches=4, patches_per_image=8, batch_size=8, seed=0)))
    assert len(np.unique(batch)) > 2


def test_images_that_are_too_small_are_named(photos, tmp_path):
    stream = stream_images(tmp_path, patches=16, batch_size=8)
    assert [file.path for file in stream.skipped] == [str(tmp_path / "2.png")]
    assert "40×12" in stream.skipped[0].reason
    assert images_of(stream).shape == (2, 16, 16, 3)
    assert len(stream.paths) == 2


def test_after_resizing(photos, tmp_path):
    patches = images_of(stream_images(tmp_path, image_size=50, patches=30))
    assert patches.shape == (3, 30, 30, 3)


@pytest.mark.parametrize("data", ["files", "npy"])
def test_empty_patches_are_left_out(tmp_path, data):
    image = np.zeros((60, 60), np.uint8)
    image[25:35, 25:35] = RANDOM.integers(0, 256, (10, 10))
    blank = np.full((60, 60), 200, np.uint8)
    if data == "npy":
        np.save(tmp_path / "a.npy", [image, blank])
        tmp_path = tmp_path / "a.npy"
    else:
        Image.fromarray(image).save(tmp_path / "a.png")
        Image.fromarray(blank).save(tmp_path / "b.png")
    stream = stream_images(tmp_path, patches=20, patches_per_image=4, min_std=0.05, seed=0)
    patches = images_of(stream)
    assert len(patches) == 8
    assert (patches.std(axis=(1, 2, 3)) >= 0.05 * 255).all()
    assert stream.skipped == []


def test_a_damaged_file_is_replaced(photos, tmp_path):
    path = tmp_path / "3.jpg"
    Image.fromarray(RANDOM.integers(0, 256, (40, 40, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    stream = stream_images(tmp_path, patches=8, patches_per_image=2, batch_size=2, seed=0)
    assert len(images_of(stream)) == 8
    assert [file.path for file in stream.skipped] == [str(path)]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"patches": 41}, "larger than every image, of which the largest has 20×31"),
        ({"patches": (0, 3)}, "patches"),
        ({"patches": (2, 3, 4)}, "patches must be a positive integer, or 2"),
        ({"patches": 8, "patches_per_image": 0}, "patches_per_image"),
        ({"patches_per_image": 2}, "patches_per_image requires patches"),
        ({"patches": 8, "min_std": 1}, "min_std"),
    ],
)
def test_wrong_arguments(photos, tmp_path, options, match):
    with pytest.raises(ValueError, match=match):
        stream_images(tmp_path, **options)


def test_nothing_but_empty_patches():
    stream = stream_images(np.full((3, 9, 9), 7, np.uint8), patches=4, min_std=0.1)
    with pytest.raises(Exception, match=r"min_std=0\.1 excludes all patches"):
        next(iter(stream))
