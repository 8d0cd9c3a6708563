"""Arrays of signals and volumes, in memory and in files."""

import numpy as np
import pytest

from keras_cae.datasets import load_images

SIGNALS = np.random.default_rng(0).random((6, 31, 2), dtype="float32")
VOLUMES = np.random.default_rng(1).integers(0, 256, (6, 5, 7, 8, 1), dtype="uint8")


@pytest.mark.parametrize(
    ("array", "rank", "expected"),
    [
        (SIGNALS, 1, SIGNALS),
        (SIGNALS[..., 0], 1, SIGNALS[..., :1]),
        (SIGNALS[:, :3, :].swapaxes(1, 2), 1, SIGNALS[:, :3, :].swapaxes(1, 2)),
        (VOLUMES, 3, VOLUMES),
        (VOLUMES[..., 0], 3, VOLUMES),
        (VOLUMES[:, :3], 3, VOLUMES[:, :3]),
    ],
)
def test_arrays_and_files(array, rank, expected, tmp_path):
    np.save(tmp_path / "one.npy", array)
    np.savez(tmp_path / "some.npz", labels=np.arange(6), values=array)
    for data in (array, tmp_path / "one.npy", str(tmp_path / "some.npz")):
        loaded = load_images(data, rank=rank)
        np.testing.assert_array_equal(loaded.images, expected)
        assert loaded.images.dtype == expected.dtype
        assert loaded.notes == ()
    assert [len(part) for part in loaded.split()] == [4, 1, 1]


def test_train_and_test(tmp_path):
    np.savez(tmp_path / "some.npz", x_train=SIGNALS, x_test=SIGNALS[:2, :, :])
    np.testing.assert_array_equal(load_images(tmp_path / "some.npz", rank=1).test_images, SIGNALS[:2])


@pytest.mark.parametrize(
    ("array", "rank", "message"),
    [
        (
            SIGNALS[0, :, 0],
            1,
            r"must contain signals of shape \(n, length, channels\) or \(n, length\), .*datasets\.windows",
        ),
        (VOLUMES, 1, r"got \(6, 5, 7, 8, 1\)\. .*store a single signal as signal\[None\]"),
        (VOLUMES[0, ..., 0], 3, r"must contain volumes of shape \(n, depth, height, width, channels\).*volume\[None\]"),
        (VOLUMES, 2, r"must contain images .*For volumes, pass rank=3 \(--rank 3\)"),
        (SIGNALS * 5, 1, r"floats from .*Scale the signals: \(signals - 0\.\d+\) / "),
        (SIGNALS * np.nan, 1, r"Remove these signals"),
        (-VOLUMES.astype(int), 3, r"got integers from -255 to 0. Scale the volumes"),
        (SIGNALS[:0], 1, r"must contain signals, got an empty array of shape \(0, 31, 2\)"),
    ],
)
def test_what_is_not_of_the_rank_is_refused(array, rank, message, tmp_path):
    np.save(tmp_path / "one.npy", array)
    for data in (array, tmp_path / "one.npy"):
        with pytest.raises(ValueError, match=message):
            load_images(data, rank=rank)


def test_an_archive_without_such_an_array(tmp_path):
    np.savez(tmp_path / "some.npz", a=VOLUMES, b=SIGNALS, c=SIGNALS)
    with pytest.raises(ValueError, match=r"several arrays that may be signals: .*'b': float32 \(6, 31, 2\).*key="):
        load_images(tmp_path / "some.npz", rank=1)
    np.savez(tmp_path / "some.npz", b=SIGNALS)
    with pytest.raises(ValueError, match=r"no array of volumes of shape \(n, depth, height, width, channels\) or"):
        load_images(tmp_path / "some.npz", rank=3)


def test_other_data_are_refused(tmp_path):
    for data in ("digits", "mnist", tmp_path):
        with pytest.raises(ValueError, match=r"rank=1 requires signals in an array or in an \.npy or \.npz file, got"):
            load_images(data, rank=1)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_images("nowhere.npy", rank=3)
    with pytest.raises(TypeError, match="path or a NumPy array, got list"):
        load_images([1, 2], rank=1)


@pytest.mark.parametrize("option", [{"image_size": 8}, {"channels": 1}, {"max_side": 9}])
def test_options_of_images_are_refused(option):
    with pytest.raises(
        ValueError, match=rf"{next(iter(option))} is only supported for images; signals \(rank=1\) keep their size"
    ):
        load_images(SIGNALS, rank=1, **option)


@pytest.mark.parametrize("rank", [0, 4, "1", True, 2.0])
def test_rank_is_checked(rank):
    with pytest.raises(ValueError, match="rank must be one of 1, 2, 3, got"):
        load_images(SIGNALS, rank=rank)


def test_what_memory_can_not_hold_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("keras_cae.datasets.memory.available_memory", lambda: 1e3)
    np.save(tmp_path / "one.npy", VOLUMES[..., 0])
    with pytest.raises(ValueError, match=r"6 volumes of 5×7×8×1 would take .* Use fewer volumes\."):
        load_images(tmp_path / "one.npy", rank=3)
