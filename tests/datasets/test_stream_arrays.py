"""Streams of arrays in memory and in .npy and .npz files."""

import numpy as np
import pytest
import tensorflow as tf

from keras_cae.datasets import load_images, stream_images

RANDOM = np.random.default_rng(0)


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


ARRAYS = {
    "bytes": RANDOM.integers(0, 256, (7, 9, 6, 3), np.uint8),
    "without channels": RANDOM.integers(0, 65536, (7, 9, 6), np.uint16),
    "channels first": RANDOM.integers(0, 256, (7, 3, 9, 6), np.uint8),
    "eight bits in 64": RANDOM.integers(0, 256, (7, 9, 6), np.int64),
    "zeros and ones": RANDOM.integers(0, 2, (7, 9, 6), np.uint8),
    "booleans": RANDOM.integers(0, 2, (7, 9, 6)).astype(bool),
    "floats": RANDOM.random((7, 9, 6, 3)),
    "floats to 255": RANDOM.random((7, 9, 6, 1)).astype("float32") * 255,
    "columns first": np.asfortranarray(RANDOM.integers(0, 256, (7, 9, 6, 3), np.uint8)),
}


@pytest.mark.parametrize("options", [{}, {"image_size": (5, 8), "resize": "pad", "channels": 1}])
@pytest.mark.parametrize("where", ["memory", "npy", "npz", "compressed"])
@pytest.mark.parametrize("name", ARRAYS)
def test_the_pixels_of_load_images(tmp_path, name, where, options):
    array = data = ARRAYS[name]
    if where != "memory":
        data = tmp_path / ("images.npy" if where == "npy" else "images.npz")
        {"npy": np.save, "npz": np.savez, "compressed": np.savez_compressed}[where](data, array)
    expected = load_images(array, **options).images
    streamed = images_of(stream_images(data, batch_size=4, shuffle=False, **options))
    assert streamed.dtype == expected.dtype
    np.testing.assert_array_equal(streamed, expected)


def test_files_stay_on_the_disk(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", x_train=ARRAYS["bytes"], x_test=ARRAYS["bytes"][:2])
    monkeypatch.setattr("keras_cae.datasets.array_file._arrays", lambda *_: pytest.fail("read as a whole"))
    stream = stream_images(tmp_path / "a.npz", shuffle=False)
    np.testing.assert_array_equal(images_of(stream), ARRAYS["bytes"])
    np.testing.assert_array_equal(images_of(stream.split(validation=0.3).test), ARRAYS["bytes"][:2])


@pytest.mark.parametrize("rank", [1, 3])
def test_signals_and_volumes(rank):
    array = RANDOM.random((6, *(4, 5, 6)[:rank], 2)).astype("float32")
    stream = stream_images(array, rank=rank, batch_size=4, shuffle=False)
    np.testing.assert_array_equal(images_of(stream), array)
    patches = images_of(stream_images(array, rank=rank, patches=3, patches_per_image=2, seed=0))
    assert patches.shape == (12, *(3,) * rank, 2)


def test_labels_of_examples():
    array = ARRAYS["bytes"]
    stream = stream_images(array, labels=np.arange(7) * 10, batch_size=3, seed=0)
    for images, labels in stream:
        np.testing.assert_array_equal(images, array[np.asarray(labels) // 10])
    assert list(stream.labels) == [0, 10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("workers", [2, 3])
def test_hosts_share_every_batch(workers):
    array = ARRAYS["bytes"]
    hosts = [
        stream_images(array, batch_size=6, seed=1, input_context=tf.distribute.InputContext(workers, number, workers))
        for number in range(workers)
    ]
    batches = [[len(batch) for batch in host] for host in hosts]
    assert all(each == batches[0] for each in batches)
    assert all(int(host.cardinality()) == len(batches[0]) for host in hosts)
    seen = {image.tobytes() for host in hosts for image in images_of(host)}
    assert seen == {image.tobytes() for image in array}
    with pytest.raises(ValueError, match=f"multiple of the number of hosts, {workers}"):
        stream_images(array, batch_size=7, input_context=tf.distribute.InputContext(workers, 0, workers))


def test_tensorflow_shares_out_a_stream(two_replicas):
    array = ARRAYS["bytes"]
    stream = stream_images(array, batch_size=4, seed=1)
    batches = [
        [len(part) for part in two_replicas.experimental_local_results(batch)]
        for batch in two_replicas.experimental_distribute_dataset(stream)
    ]
    assert batches == [[2, 2], [2, 1]]


def test_hosts_agree_without_a_seed(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}')
    first, second = (images_of(stream_images(ARRAYS["bytes"])) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"rank": 4}, "rank"),
        ({"rank": 3, "channels": 1}, "channels is only supported for images"),
        ({"labels": "folder"}, "requires a folder of images"),
        ({"labels": [1, 2]}, "one entry per image, 7 in total"),
        ({"cache": "a.bin"}, "cache is only supported for images in files"),
        ({"input_context": 2}, "InputContext"),
    ],
)
def test_wrong_arguments(options, match):
    with pytest.raises(ValueError, match=match):
        stream_images(ARRAYS["bytes"], **options)


def test_a_file_cut_short(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, ARRAYS["bytes"])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"a\.npy can't be read"):
        stream_images(path)
