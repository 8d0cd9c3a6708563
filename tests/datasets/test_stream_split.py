"""Splits of streams, and resumed training."""

import keras
import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets import load_images, stream_images
from keras_cae.models import BasicCAE

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(20):
        (folder / "ab"[number % 2]).mkdir(exist_ok=True)
        pixels = RANDOM.integers(0, 256, (8, 8), np.uint8)
        Image.fromarray(pixels).save(folder / "ab"[number % 2] / f"{number}.png")
    return folder


def images_of(stream):
    return np.concatenate([np.asarray(batch) for batch in stream])


def test_the_parts_of_load_images(folder):
    parts = stream_images(folder, seed=0, batch_size=3).split(0.2, 0.3, seed=4)
    expected = load_images(folder).split(0.2, 0.3, seed=4)
    assert parts._fields == expected._fields
    for part, images in zip(parts, expected, strict=True):
        assert sorted(map(bytes, images_of(part))) == sorted(map(bytes, images))
    np.testing.assert_array_equal(images_of(parts.test), expected.test)
    assert (images_of(parts.train) != images_of(parts.train)).any()
    assert len(set(parts.train.paths) | set(parts.validation.paths) | set(parts.test.paths)) == 20


def test_nothing_is_read_again(folder, monkeypatch):
    stream = stream_images(folder)
    monkeypatch.setattr("keras_cae.datasets.picture_source.read_pixels", lambda *_: pytest.fail("decoded"))
    monkeypatch.setattr("keras_cae.datasets.picture_source.read_header", lambda *_: pytest.fail("opened"))
    train, validation, test = stream.split()
    assert [int(part.cardinality()) for part in (train, validation, test)] == [1, 1, 1]


def test_labels_of_parts(folder):
    train, _, test = stream_images(folder, labels="folder", batch_size=20).split(0.1, 0.5)
    ((images, labels),) = test
    expected = [path.split("/")[-2] for path in test.paths]
    assert [train.class_names[label] for label in np.asarray(labels)] == expected
    assert len(images) == 10


def test_a_resumed_training_sees_the_same_batches(folder, tmp_path):
    class Stop(Exception):  # noqa: N818
        pass

    class StopAt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.epoch == 1 and batch == 2:
                raise Stop

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

    def train(*callbacks):
        keras.utils.set_random_seed(0)
        model = BasicCAE(2, filters=(4,))
        model.compile("adam", "mse")
        stream = stream_images(folder, batch_size=4, seed=7, patches=6)
        model.fit(stream, epochs=3, verbose=0, callbacks=list(callbacks))
        return model.get_weights()

    expected = train()
    backup = tmp_path / "backup"
    with pytest.raises(Stop):
        train(keras.callbacks.BackupAndRestore(backup, save_freq=1), StopAt())
    resumed = train(keras.callbacks.BackupAndRestore(backup, save_freq=1))
    for one, other in zip(expected, resumed, strict=True):
        np.testing.assert_array_equal(one, other)


def test_too_few_files(folder):
    with pytest.raises(ValueError, match="too few"):
        stream_images([folder / "a" / "0.png", folder / "a" / "2.png"]).split()
