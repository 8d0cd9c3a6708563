"""`.npy` and `.npz` files."""

import numpy as np
import pytest

from keras_cae.datasets import load_images

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), dtype=np.uint8)
LABELS = np.arange(5)


@pytest.fixture
def saved(tmp_path):
    """Save a single array as `.npy` or several as `.npz`, and return the path."""

    def save(*array, **arrays):
        if arrays:
            np.savez_compressed(tmp_path / "some.npz", **arrays)
            return tmp_path / "some.npz"
        np.save(tmp_path / "some.npy", *array)
        return tmp_path / "some.npy"

    return save


def test_npy(saved):
    data = load_images(saved(PIXELS))
    np.testing.assert_array_equal(data.images, PIXELS)
    assert data.name == "some"
    assert data.test_images is None


def test_the_suffix_may_be_in_capitals(saved):
    path = saved(PIXELS)
    assert load_images(path.rename(path.with_suffix(".NPY"))).images.shape == PIXELS.shape


def test_the_channel_axis_is_added(saved):
    np.testing.assert_array_equal(load_images(saved(PIXELS[..., 0])).images, PIXELS[..., :1])


def test_train_and_test(saved):
    data = load_images(saved(y_train=LABELS, x_test=PIXELS[:2], x_train=PIXELS, x=PIXELS[:3]))
    np.testing.assert_array_equal(data.images, PIXELS)
    np.testing.assert_array_equal(data.test_images, PIXELS[:2])


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": PIXELS, "masks": PIXELS[::-1]},
        {"x": PIXELS, "other": PIXELS[::-1]},
        {"data": PIXELS, "other": PIXELS[::-1], "images": LABELS},
        {"faces": PIXELS, "labels": LABELS, "names": np.array(["a", "b"])},
        {"x_train": PIXELS, "images": PIXELS[::-1]},
    ],
)
def test_which_array_is_taken(saved, arrays):
    data = load_images(saved(**arrays))
    np.testing.assert_array_equal(data.images, PIXELS)
    assert data.test_images is None


def test_the_key_decides(saved):
    path = saved(images=PIXELS[::-1], b=PIXELS)
    np.testing.assert_array_equal(load_images(path, key="b").images, PIXELS)
    with pytest.raises(ValueError, match=r"no array 'c'; it contains 'images': uint8 \(5, 6, 7, 3\), 'b'"):
        load_images(path, key="c")


def test_an_unclear_choice_lists_the_arrays(saved):
    path = saved(a=PIXELS, b=PIXELS[..., 0], labels=LABELS)
    listing = r"'a': uint8 \(5, 6, 7, 3\), 'b': uint8 \(5, 6, 7\), 'labels': int64 \(5,\)"
    with pytest.raises(ValueError, match=rf"several arrays.*{listing}.*--key"):
        load_images(path)


def test_no_images_at_all(saved):
    with pytest.raises(ValueError, match=r"no array of images.*'labels': int64"):
        load_images(saved(labels=LABELS))


@pytest.mark.parametrize("name", ["a", None])
def test_objects_are_refused_and_never_loaded(saved, name):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("the pickle was loaded",)

    traps = np.array([Trap(), Trap()], dtype=object)
    path = saved(**{name: traps}) if name else saved(traps)
    with pytest.raises(ValueError, match="Python objects, which are not loaded"):
        load_images(path, key=name)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("damage", [lambda content: content[: len(content) // 2], lambda _: b"", lambda _: b"x" * 99])
def test_damaged_files(saved, suffix, damage):
    path = saved(PIXELS) if suffix == ".npy" else saved(images=PIXELS)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"some\{suffix} can't be read.*Save it again"):
        load_images(path)


def test_a_file_that_memory_cannot_hold_is_not_read(saved, monkeypatch):
    path = saved(PIXELS)
    path.write_bytes(path.read_bytes()[:200])
    monkeypatch.setattr("keras_cae.datasets.memory.available_memory", lambda: 100)
    with pytest.raises(ValueError, match="5 images of 6×7×3 would take"):
        load_images(path)
