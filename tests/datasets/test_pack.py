"""Shards contain the same images as the packed files."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from test_stream_images import black_and_white, deep, mixed, transparent

from keras_cae.datasets import load_images, pack, stream_images

RANDOM = np.random.default_rng(0)
OPTIONS = [{}, {"image_size": (7, 11), "resize": "pad"}, {"channels": 1, "image_size": 5}]


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


@pytest.fixture
def photos(tmp_path):
    """A folder of photographs of different sizes in two subfolders."""
    for number in range(10):
        path = tmp_path / "photos" / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RANDOM.integers(0, 256, (30, 20 + number, 3), np.uint8)).save(path)
    return tmp_path / "photos"


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("make", [mixed, transparent, deep, black_and_white])
def test_the_pixels_of_load_images(tmp_path, make, options):
    make(tmp_path / "photos")
    expected = load_images(tmp_path / "photos", **options).images
    pattern = tmp_path / "out" / "train-{shard}.tfrecord"
    packed = pack(tmp_path / "photos", pattern, shards=3)
    assert packed.images == len(expected)
    assert sorted(os.listdir(tmp_path / "out")) == [f"train-0000{n}-of-00003.tfrecord" for n in range(3)]
    for data in (pattern, tmp_path / "out", list(packed.paths)):
        np.testing.assert_array_equal(images_of(stream_images(data, shuffle=False, **options)), expected)


@pytest.mark.parametrize("options", OPTIONS[1:])
@pytest.mark.parametrize("make", [mixed, deep])
def test_pixels_that_are_packed(tmp_path, make, options):
    make(tmp_path / "photos")
    pack(tmp_path / "photos", tmp_path / "a-{shard}.tfrecord", **options)
    expected = load_images(tmp_path / "photos", **options).images
    np.testing.assert_array_equal(images_of(stream_images(tmp_path / "a-{shard}.tfrecord", shuffle=False)), expected)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_arrays(tmp_path, rank):
    array = RANDOM.random((7, *(5, 6, 7)[:rank], 2)).astype("float32")
    pack(array, tmp_path / "a-{shard}.tfrecord", shards=3, rank=rank)
    stream = stream_images(tmp_path, shuffle=False, rank=rank)
    np.testing.assert_array_equal(images_of(stream), array)
    with pytest.raises(ValueError, match=f"Pass rank={rank}"):
        stream_images(tmp_path, rank=rank % 3 + 1)


def test_patches_labels_and_parts_of_shards(photos, tmp_path):
    pack(photos, tmp_path / "a-{shard}.tfrecord")
    options = {"patches": 13, "patches_per_image": 2, "labels": "folder", "seed": 0}
    streams = [stream_images(data, **options) for data in (photos, tmp_path / "a-{shard}.tfrecord")]
    for (images, labels), (others, other_labels) in zip(*streams, strict=True):
        np.testing.assert_array_equal(images, others)
        np.testing.assert_array_equal(labels, other_labels)
    assert streams[1].class_names == ("a", "b")
    parts = [stream.split(0.2, 0.2).test for stream in streams]
    np.testing.assert_array_equal(*(next(iter(part))[0] for part in parts))


def test_a_pattern_names_its_own_shards_only(photos, tmp_path):
    folder = tmp_path / "shards"
    pack(photos, folder / "a-{shard}.tfrecord", shards=3)
    pack(photos, folder / "a-small-{shard}.tfrecord", image_size=5)
    stream = stream_images(folder / "a-{shard}.tfrecord", image_size=9)
    assert images_of(stream).shape == (10, 9, 9, 3)
    with pytest.raises(ValueError, match="packed with different options"):
        stream_images(folder)


def test_packed_again(photos, tmp_path):
    pack(photos, tmp_path / "a-{shard}.tfrecord", shards=3)
    pack(tmp_path / "a-{shard}.tfrecord", tmp_path / "b-{shard}.tfrecord", shards=2)
    one, other = (stream_images(tmp_path / f"{name}-{{shard}}.tfrecord", shuffle=False, image_size=9) for name in "ab")
    np.testing.assert_array_equal(images_of(one), images_of(other))


def test_every_reader_knows_the_records(photos, tmp_path):
    packed = pack(photos, tmp_path / "a-{shard}.tfrecord", shards=1)
    features = {
        **{name: tf.io.FixedLenFeature((), tf.string) for name in ("name", "dtype", "image")},
        "shape": tf.io.FixedLenFeature((3,), tf.int64),
    }
    records = [tf.io.parse_single_example(record, features) for record in tf.data.TFRecordDataset(packed.paths)]
    assert [record["name"].numpy().decode() for record in records] == sorted(
        f"{'ab'[number % 2]}/{number}.jpg" for number in range(10)
    )
    for record in records:
        path = photos / record["name"].numpy().decode()
        assert record["image"].numpy() == path.read_bytes()
        assert tuple(record["shape"].numpy()) == (30, 20 + int(path.stem), 3)
        assert record["dtype"] == "uint8"


def test_damaged_files_are_left_out(photos, tmp_path):
    path = photos / "a" / "0.jpg"
    path.write_bytes(path.read_bytes()[:-500])
    packed = pack(photos, tmp_path / "a-{shard}.tfrecord")
    assert packed.images == 9
    assert [file.path for file in packed.skipped] == [str(path)]
    assert stream_images(tmp_path / "a-{shard}.tfrecord").skipped == []


@pytest.mark.parametrize("cut", ["in an image", "in the length", "between images"])
def test_a_shard_cut_short(photos, tmp_path, cut):
    packed = pack(photos, tmp_path / "a-{shard}.tfrecord", shards=2)
    lengths = [len(record.numpy()) + 16 for record in tf.data.TFRecordDataset(packed.paths[1])]
    keep = sum(lengths[:3]) + {"in an image": 100, "in the length": 5, "between images": 0}[cut]
    with open(packed.paths[1], "rb+") as file:
        file.truncate(keep)
    stream = stream_images(tmp_path / "a-{shard}.tfrecord", batch_size=4)
    ((path, reason),) = stream.skipped
    assert path == packed.paths[1]
    assert reason == "truncated after 3 complete records"
    assert [len(batch) for batch in stream] == [4, 4]


def test_a_shard_that_is_missing(photos, tmp_path):
    packed = pack(photos, tmp_path / "a-{shard}.tfrecord", shards=5)
    os.remove(packed.paths[2])
    stream = stream_images(tmp_path / "a-{shard}.tfrecord")
    assert [file.path for file in stream.skipped] == [packed.paths[2]]
    assert len(images_of(stream)) == 8


def test_bytes_that_have_changed(photos, tmp_path):
    packed = pack(photos, tmp_path / "a-{shard}.tfrecord", shards=1, image_size=16)
    content = bytearray(Path(packed.paths[0]).read_bytes())
    content[-40] ^= 1
    Path(packed.paths[0]).write_bytes(content)
    stream = stream_images(packed.paths[0])
    assert len(images_of(stream)) == 10
    ((path, reason),) = stream.skipped
    assert path == f"{packed.paths[0]}: b/9.jpg"
    assert "checksum" in reason


def test_shards_that_exist_are_kept(photos, tmp_path):
    pattern = tmp_path / "a-{shard}.tfrecord"
    (tmp_path / "a-mine.tfrecord").write_text("mine")
    pack(photos, pattern, shards=4)
    with pytest.raises(FileExistsError, match="overwrite"):
        pack(photos, pattern, shards=2)
    packed = pack(photos, pattern, shards=2, overwrite=True)
    assert sorted(path.name for path in tmp_path.glob("*.tfrecord")) == [
        *(os.path.basename(path) for path in packed.paths),
        "a-mine.tfrecord",
    ]


def test_a_full_disk(tmp_path, small_disk):
    images = RANDOM.integers(0, 256, (4, 1000, 1000), np.uint8)
    with pytest.raises(OSError, match="disk is full"):
        pack(images, small_disk.path / "a-{shard}.tfrecord", shards=4)
    assert small_disk.files() == [f"a-0000{number}-of-00004.tfrecord" for number in range(2)]
    assert images_of(stream_images(small_disk.path)).shape == (2, 1000, 1000, 1)


@pytest.mark.parametrize(
    ("path", "options", "match"),
    [
        ("a.tfrecord", {}, r"\{shard\}"),
        ("a-{shard}.rec", {}, r"\.tfrecord"),
        ("{shard}/a.tfrecord", {}, "not of a folder"),
        (3, {}, "path"),
        ("a-{shard}.tfrecord", {"shards": 0}, "shards"),
        ("a-{shard}.tfrecord", {"overwrite": 1}, "overwrite"),
    ],
)
def test_wrong_arguments(photos, path, options, match):
    with pytest.raises(ValueError, match=match):
        pack(photos, path, **options)


def test_files_of_others(photos, tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "x.tfrecord")) as writer:
        writer.write(b"something else")
    with pytest.raises(ValueError, match=r"x\.tfrecord' was not written by keras_cae"):
        stream_images(tmp_path / "x.tfrecord")
    with pytest.raises(ValueError, match="got a list with both"):
        stream_images([tmp_path / "x.tfrecord", photos / "a" / "0.jpg"])
    with pytest.raises(FileNotFoundError, match="nowhere"):
        stream_images(tmp_path / "nowhere-{shard}.tfrecord")
