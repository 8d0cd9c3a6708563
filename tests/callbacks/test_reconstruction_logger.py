"""Reconstructions in TensorBoard, read back from the event files. See also test_every_callback.py."""

import copy
import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
from event_files import open_files, pictures

import keras_cae
from keras_cae.callbacks import ReconstructionLogger
from keras_cae.drawing.reconstructions import draw_reconstructions
from keras_cae.drawing.thumbnails import thumbnails

IMAGES = np.random.default_rng(0).random((8, 8, 8, 1), dtype="float32")


def small_model(decoder_layers=(), corruption=None, dtype=None, **compile_arguments):
    """A minimal compiled autoencoder for grey images."""
    encoder = keras.Sequential([keras.layers.Conv2D(2, 3, padding="same", dtype=dtype)])
    head = keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid", dtype=dtype)
    model = keras_cae.models.CAE(encoder, keras.Sequential([*decoder_layers, head]), corruption=corruption, dtype=dtype)
    model.compile("adam", "mse", **compile_arguments)
    return model


def fit(model, *callbacks, images=IMAGES, epochs=1, **kwargs):
    return model.fit(images, epochs=epochs, batch_size=4, verbose=0, callbacks=list(callbacks), **kwargs)


class AtEpoch(keras.callbacks.Callback):
    """Does something at the end of an epoch."""

    def __init__(self, epoch, action):
        super().__init__()
        self.epoch, self.action = epoch, action

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            self.action(self.model)


def stop(model):
    model.stop_training = True


# Figures


def test_writes_a_picture_an_epoch(tmp_path):
    model = small_model(corruption=keras.layers.GaussianNoise(0.2))
    fit(model, ReconstructionLogger(IMAGES[:3], tmp_path), epochs=3)
    seen = pictures(tmp_path)
    assert list(seen) == [0, 1, 2]
    np.testing.assert_array_equal(seen[2], draw_reconstructions(model, IMAGES[:3]))
    assert (seen[0] != seen[1]).any()


def test_freq_and_the_last_epoch(tmp_path):
    fit(small_model(), ReconstructionLogger(IMAGES, str(tmp_path), freq=3), epochs=5)
    assert list(pictures(tmp_path)) == [0, 3, 4]


@pytest.mark.parametrize("stopped", ["before", "after"])
def test_the_last_epoch_of_a_training_that_stops_early(tmp_path, stopped):
    """The figure shows the weights of its epoch, even if others are restored at the end."""
    model, kept = small_model(), []
    restore = keras.callbacks.LambdaCallback(
        on_train_end=lambda logs: model.set_weights([0 * weight for weight in model.get_weights()])
    )
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
    logger = ReconstructionLogger(IMAGES, tmp_path, freq=10)
    others = [AtEpoch(2, stop), keep, restore]
    fit(model, *([*others, logger] if stopped == "before" else [logger, *others]), epochs=6)
    seen = pictures(tmp_path)
    assert list(seen) == [0, 2]
    model.set_weights(kept[-1])
    np.testing.assert_array_equal(seen[2], draw_reconstructions(model, IMAGES))


def test_at_most_max_images(tmp_path):
    images = np.random.default_rng(1).random((5, 8, 8, 1), dtype="float32")
    logger = ReconstructionLogger(images, tmp_path, max_images=3)
    assert len(logger.images) == 3
    fit(small_model(), logger)
    (picture,) = pictures(tmp_path).values()
    shown = [_contains(picture, tile) for tile in thumbnails(images)]
    assert shown == [True, True, True, False, False]


def _contains(picture, tile):
    height, width = tile.shape[:2]
    beginnings = np.argwhere((picture == tile[0, 0]).all(axis=-1))
    return any(np.array_equal(picture[y : y + height, x : x + width], tile) for y, x in beginnings)


def test_the_images_are_a_copy():
    images = (IMAGES * 255).astype("uint8")
    logger = ReconstructionLogger(images, "unused")
    kept = logger.images.copy()
    images[:] = 0
    np.testing.assert_array_equal(logger.images, kept)


@pytest.mark.parametrize(
    "images",
    [
        (IMAGES * 255).astype("uint8"),
        (IMAGES * 65535).astype("uint16"),
        IMAGES > 0.5,
        IMAGES.astype("float64"),
        IMAGES.astype("float16"),
        tf.constant(IMAGES),
        tf.cast(IMAGES, "bfloat16"),
        1.2 * IMAGES - 0.1,
    ],
    ids=lambda images: str(images.dtype),
)
def test_kinds_of_images(images):
    logger = ReconstructionLogger(images, "unused")
    expected = np.asarray(tf.cast(images, "float32"))
    np.testing.assert_allclose(logger.images.astype("float32"), expected, atol=1e-2)


# Models and modes


@pytest.mark.parametrize(
    "arguments",
    [
        {"steps_per_execution": 2},
        {"run_eagerly": True},
        {"dtype": "mixed_bfloat16", "corruption": keras.layers.GaussianNoise(0.1)},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_modes_of_training(tmp_path, arguments):
    model = small_model(**arguments)
    fit(model, ReconstructionLogger(IMAGES, tmp_path), epochs=2)
    seen = pictures(tmp_path)
    assert list(seen) == [0, 1]
    # In half precision, compiled functions round differently from eager ones.
    difference = seen[1].astype(int) - draw_reconstructions(model, IMAGES)
    assert np.abs(difference).mean() < (2 if "dtype" in arguments else 1e-9)


def test_uint8_images_and_skip_connections(tmp_path):
    images = (np.random.default_rng(0).random((4, 12, 11, 3)) * 255).astype("uint8")
    model = keras_cae.models.SkipConnectionCAE(latent_dim=2, filters=(2, 2, 2))
    model.compile("adam", "mse")
    fit(model, ReconstructionLogger(images, tmp_path), images=images)
    (picture,) = pictures(tmp_path).values()
    np.testing.assert_array_equal(picture, draw_reconstructions(model, images))
    assert _contains(picture, thumbnails(images / 255)[0])


def test_any_keras_model(tmp_path):
    model = keras.Sequential([keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", "mse")
    model.fit(IMAGES, IMAGES, verbose=0, callbacks=[ReconstructionLogger(IMAGES, tmp_path)])
    assert list(pictures(tmp_path)) == [0]


# No effect on training


class Counter(keras.layers.Layer):
    """Counts how often it is traced, and draws random numbers, both in training and in inference."""

    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(3)
        self.traced = {True: 0, False: 0, None: 0}

    def call(self, inputs, training=None):
        self.traced[training] += 1
        return inputs + 0.01 * keras.random.normal(keras.ops.shape(inputs), seed=self.generator)


def test_weights_are_the_same_with_and_without_it(tmp_path):
    def trained(*callbacks):
        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dropout(0.3), keras.layers.BatchNormalization(), Counter()]
        model = small_model(layers, corruption=keras.layers.GaussianNoise(0.2))
        logs = fit(model, *callbacks, images=np.tile(IMAGES, (3, 1, 1, 1)), epochs=3, validation_split=0.2)
        return model, logs.history

    (plain, plain_history), (logged, logged_history) = (
        trained(),
        trained(ReconstructionLogger(IMAGES, tmp_path)),
    )
    assert plain_history == logged_history
    for one, other in zip(plain.get_weights(), logged.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    states = [
        [keras.ops.convert_to_numpy(variable) for variable in model.variables if "seed" in variable.path]
        for model in (plain, logged)
    ]
    assert len(states[0]) == 3
    np.testing.assert_array_equal(*states)


def test_the_forward_pass_is_traced_once_a_training(tmp_path):
    def traced(*callbacks):
        counter = Counter()
        model = small_model([counter])
        fit(model, *callbacks, epochs=3)
        return counter.traced, model

    without, _ = traced()
    logger = ReconstructionLogger(IMAGES, tmp_path)
    with_it, model = traced(logger)
    assert without[False] == 0
    assert with_it == {**without, False: 1}
    fit(model, logger, epochs=2)
    assert len(pictures(tmp_path)) == 3


def test_files_are_closed_with_the_callback(tmp_path):
    logger = ReconstructionLogger(IMAGES, tmp_path)
    logger.on_train_begin()
    assert open_files(tmp_path)
    del logger
    gc.collect()
    assert open_files(tmp_path) == []


# Copies


def test_copies_share_images_and_follow_the_copied_tensorboard(tmp_path):
    tensorboard = keras.callbacks.TensorBoard(tmp_path / "old")
    callbacks = [ReconstructionLogger(IMAGES, tensorboard, freq=3, max_images=2), tensorboard]
    logger, copied_tensorboard = copy.deepcopy(callbacks)
    assert logger.images is callbacks[0].images
    assert logger.log_dir is copied_tensorboard
    copied_tensorboard.log_dir = str(tmp_path / "trial")
    assert logger.directory == str(tmp_path / "trial")
    assert callbacks[0].directory == str(tmp_path / "old")
    assert (logger.freq, logger.max_images) == (3, 2)


def test_copies_of_what_refers_to_itself():
    logger = ReconstructionLogger(IMAGES, "unused")
    logger.friends = [logger]
    twin = copy.deepcopy(logger)
    assert twin.friends[0] is twin is not logger


# Wrong arguments


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[0, 0], r"at least one example, in an array of signals .*, images \(n, height, width, channels\), vol"),
        (IMAGES[:0], r"at least one example.* got the shape \(0, 8, 8, 1\)"),
        (IMAGES[:0, 0], r"at least one example.* got the shape \(0, 8, 1\)"),
        (IMAGES[:, :, :, None] * 2, r"got values from .* to 1\.9"),
        (IMAGES[:, 0] * np.inf, "images must be finite"),
        (IMAGES.astype(str), "floats in .* or integers, got the type"),
        (IMAGES.astype(complex), "floats in .* or integers, got the type complex64|complex128"),
        (np.where(IMAGES > 0.9, np.nan, IMAGES), "images must be finite"),
        (IMAGES * 255, r"got values from .* to 25\d.*pass images.astype\('uint8'\)"),
        (IMAGES * 2 - 1, r"got values from -0\.9\d* to 0\.9"),
        ((IMAGES * 255).astype("int64"), r"these are 8-bit images. Pass images.astype\('uint8'\)"),
        ((IMAGES * 255 - 128).astype("int8"), "got values from -1"),
    ],
)
def test_wrong_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        ReconstructionLogger(images, "unused")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"log_dir": None}, "log_dir must be a path, or the keras.callbacks.TensorBoard .* got None"),
        ({"log_dir": 3}, "log_dir must be a path"),
        ({"freq": 0}, "freq must be a positive integer, got 0"),
        ({"freq": 1.5}, "freq must be a positive integer, got 1.5"),
        ({"max_images": 0}, "max_images must be a positive integer, got 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ReconstructionLogger(IMAGES, **{"log_dir": "unused", **arguments})


def test_images_that_do_not_fit_the_model_are_noticed_before_the_first_batch(tmp_path):
    batches = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
    model = keras_cae.models.BasicCAE(latent_dim=2, filters=(2, 2))
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match=r"built for images of shape \(8, 8, 1\).*got \(9, 8, 1\)") as caught:
        fit(model, watch, ReconstructionLogger(np.zeros((1, 9, 8, 1)), tmp_path))
    assert batches == []
    assert caught.value.__notes__ == ["The invalid argument was passed to ReconstructionLogger."]
