"""Pairs of noisy and clean images with the same names in two folders."""

import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets import load_images, stream_pairs

RANDOM = np.random.default_rng(0)


@pytest.fixture
def folders(tmp_path):
    """A clean folder of images below 128, and a noisy one that is 100 brighter, in another format."""
    for number, size in enumerate([(20, 30), (25, 18), (22, 22)]):
        clean = RANDOM.integers(2, 128, size, np.uint8)
        for folder, pixels, suffix in (("clean", clean, "png"), ("noisy", clean + 100, "bmp")):
            path = tmp_path / folder / "sub" / f"{number}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return tmp_path / "noisy", tmp_path / "clean"


def test_both_are_cut_at_the_same_place(folders):
    stream = stream_pairs(*folders, patches=(7, 9), patches_per_image=4, batch_size=5, seed=0)
    assert int(stream.cardinality()) == 3
    epochs = []
    for _ in range(2):
        noisy, clean = (np.concatenate(parts) for parts in zip(*stream, strict=True))
        assert clean.shape == (12, 7, 9, 1)
        np.testing.assert_array_equal(noisy, clean + 100)
        epochs.append(clean)
    assert (epochs[0] != epochs[1]).any()


def test_whole_images_of_the_loader(folders):
    ((noisy, clean),) = stream_pairs(*folders, image_size=16, shuffle=False)
    np.testing.assert_array_equal(noisy, load_images(folders[0], image_size=16).images)
    np.testing.assert_array_equal(clean, load_images(folders[1], image_size=16).images)


def test_paths_stay_together(folders):
    stream = stream_pairs(*folders, patches=7)
    assert [path.replace("noisy", "clean").replace("bmp", "png") for path in stream.paths] == list(stream.target_paths)
    train, validation, test = stream.split(0.3, 0.3)
    assert len({*train.paths, *validation.paths, *test.paths}) == 3


def test_the_same_suffix_comes_first(folders):
    """Two images with the same name are distinguished by their suffixes."""
    for folder, grey in zip(folders, (150, 50), strict=True):
        for suffix in ("jpg", "gif"):
            Image.new("L", (30, 20), grey).save(folder / f"x.{suffix}")
    stream = stream_pairs(*folders, patches=7)
    pairs = {(one[-5:], other[-5:]) for one, other in zip(stream.paths, stream.target_paths, strict=True)}
    assert pairs == {("x.jpg", "x.jpg"), ("x.gif", "x.gif"), *((f"{n}.bmp", f"{n}.png") for n in range(3))}


@pytest.mark.parametrize("side", [0, 1])
def test_a_damaged_partner(folders, side):
    for folder in folders:
        Image.fromarray(RANDOM.integers(0, 256, (40, 40), np.uint8)).save(folder / "x.jpg")
    path = folders[side] / "x.jpg"
    path.write_bytes(path.read_bytes()[:-700])
    stream = stream_pairs(*folders, patches=7, batch_size=2)
    assert [len(noisy) for noisy, _ in stream] == [2, 2]
    assert [file.path for file in stream.skipped] == [str(path)]


@pytest.mark.parametrize("side", [0, 1])
def test_a_pair_without_a_partner_is_named(folders, side):
    Image.new("L", (9, 9)).save(folders[side] / "alone.png")
    with pytest.raises(ValueError, match=r"1 image in .* has no counterpart .*alone\.png"):
        stream_pairs(*folders)


def test_two_candidates(folders):
    for suffix in ("png", "bmp"):
        Image.new("L", (9, 9)).save(folders[0] / f"x.{suffix}")
    Image.new("L", (9, 9)).save(folders[1] / "x.gif")
    with pytest.raises(ValueError, match="two images with the same name"):
        stream_pairs(*folders)


def test_sizes_that_differ_are_named(folders):
    Image.new("L", (9, 9)).save(folders[0] / "x.png")
    Image.new("L", (9, 8)).save(folders[1] / "x.png")
    with pytest.raises(ValueError, match=r"x\.png' has 9×9 and .*x\.png' has 8×9"):
        stream_pairs(*folders, patches=4)


def test_wrong_folders(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"noisy_folder.*nowhere"):
        stream_pairs(tmp_path / "nowhere", folders[1])
    with pytest.raises(ValueError, match="no images in clean_folder"):
        stream_pairs(folders[0], tmp_path / "empty")
    with pytest.raises(TypeError, match="clean_folder must be"):
        stream_pairs(folders[0], 3)
