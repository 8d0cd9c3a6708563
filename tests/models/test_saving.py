"""Saving in the formats of Keras, and resuming training."""

import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import slow_but

import keras_cae

MODELS = {
    "basic": lambda: keras_cae.models.BasicCAE(3, filters=(2, 3), corruption=keras.layers.GaussianNoise(0.1)),
    "batch norm": lambda: keras_cae.models.BatchNormPoolCAE(3, filters=(2, 3), dtype="mixed_bfloat16"),
    "skip": lambda: keras_cae.models.SkipConnectionCAE(3, filters=(2, 3, 4), activation=keras.layers.PReLU()),
    "fully convolutional": lambda: keras_cae.models.BasicCAE(None, filters=(2, 3)),
    "own networks": lambda: keras_cae.models.CAE(
        keras.Sequential([keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(3)]),
        keras.Sequential([keras.layers.Dense(216), keras.layers.Reshape((9, 12, 2))]),
    ),
}


MORE_MODELS = {
    "masked": lambda: keras_cae.models.MaskedCAE(3, filters=(4,), seed=1),
    "blind spots": lambda: keras_cae.models.BlindSpotCAE(filters=(3, 4), convs_per_level=1, seed=1),
}


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((10, 9, 12, 2), dtype="float32")


@pytest.fixture(scope="module", params=slow_but(("basic", "own networks"), [*MODELS, *MORE_MODELS]))
def make(request):
    return {**MODELS, **MORE_MODELS}[request.param]


@pytest.fixture(scope="module")
def model(make, images):
    """A trained model for tests that do not modify it."""
    return trained(make, images)


def trained(make, images):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 100)), loss="mse")
    fit(model, images)
    return model


def fit(model, images, epochs=2, **arguments):
    return model.fit(images, batch_size=4, epochs=epochs, shuffle=False, verbose=0, **arguments).history["loss"]


@pytest.mark.parametrize(
    "name", slow_but(("basic",), [name for name in (*MODELS, *MORE_MODELS) if "fully" not in name])
)
def test_training_goes_on_as_if_it_had_not_stopped(name, images, tmp_path):
    model = trained({**MODELS, **MORE_MODELS}[name], images)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 6
    assert fit(loaded, images) == fit(model, images)
    for weight, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_weights_only_files(make, model, images, tmp_path):
    model.save_weights(tmp_path / "model.weights.h5")
    other = make()
    other.build(images.shape)
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other.predict(images, verbose=0), model.predict(images, verbose=0))


def test_clones_and_configs(model, images):
    for copy in (keras.models.clone_model(model), type(model).from_config(model.get_config())):
        assert type(copy) is type(model)
        assert copy.get_config() == model.get_config()
        copy.build(images.shape)
        copy.set_weights(model.get_weights())
        np.testing.assert_array_equal(copy.predict(images, verbose=0), model.predict(images, verbose=0))


def test_parts_saved_alone(model, images, tmp_path):
    model.encoder.save(tmp_path / "encoder.keras")
    encoder = keras.saving.load_model(tmp_path / "encoder.keras")
    np.testing.assert_allclose(
        np.asarray(encoder.predict(images, verbose=0), "float32"), model.encode(images), rtol=1e-6
    )
    model.decoder.save(tmp_path / "decoder.keras")
    decoder = keras.saving.load_model(tmp_path / "decoder.keras")
    assert decoder.count_params() == model.decoder.count_params()


def test_export_after_build_and_after_loading(make, model, images, tmp_path):
    built = make()
    built.build(images.shape)
    model.save(tmp_path / "model.keras")
    for number, model in enumerate((built, keras.saving.load_model(tmp_path / "model.keras"))):
        model.export(tmp_path / f"whole{number}", verify=False, verbose=False)
        model.encoder.export(tmp_path / f"encoder{number}", verbose=False)
        whole = tf.saved_model.load(tmp_path / f"whole{number}")
        encoder = tf.saved_model.load(tmp_path / f"encoder{number}")
        for count in (1, 5):
            reconstructed, codes = whole.serve(images[:count]), encoder.serve(images[:count])
            expected = model.predict(images[:count], verbose=0)
            np.testing.assert_allclose(reconstructed, expected, rtol=1e-4, atol=1e-5)
            expected = model.encode(images[:count])
            np.testing.assert_allclose(tf.cast(codes, "float32"), expected, rtol=1e-4, atol=1e-5)


def test_export_of_the_decoder_with_features(images, tmp_path):
    model = MODELS["skip"]()
    codes, features = model.encode(images, return_features=True)
    model.decoder.export(tmp_path / "decoder", verbose=False)
    decoder = tf.saved_model.load(tmp_path / "decoder")
    np.testing.assert_allclose(decoder.serve([codes, *features]), model.predict(images, verbose=0), atol=1e-5)


def test_export_needs_a_build(tmp_path):
    model = keras_cae.models.BasicCAE(3)
    with pytest.raises(ValueError, match=r"must be built before it can be exported"):
        model.export(tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.filterwarnings("ignore:.*not yet been built")
def test_an_unbuilt_model_is_saved_with_its_configuration(images, tmp_path):
    model = keras_cae.models.BasicCAE(3, filters=(2, 3))
    model.compile(optimizer="adam", loss="mse")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.built
    assert loaded.get_config() == model.get_config()
    assert np.isfinite(fit(loaded, images)).all()


def test_a_second_build_with_another_shape_is_an_error(make, images, tmp_path):
    model = make()
    model.build(images.shape)
    model.build((None, *images.shape[1:]))
    other = (None, 9, 12, 4) if getattr(model, "latent_dim", 1) is None else (None, 10, 12, 2)
    with pytest.raises(ValueError, match="built only once"):
        model.build(other)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))


BUILD_CONFIGS = {
    "none": (None, r"has weights, but no build_config"),
    "of something else": ({"shape": [None, 9, 12, 2]}, r"build_config must have the input_shape of the images, got"),
    "no shape": ({"input_shape": "9x12"}, r"build_config must have the input_shape of the images, got"),
    "of another rank": ({"input_shape": [None, 9, 12]}, r"Images must be a batch of shape"),
    "of another size": ({"input_shape": [None, 30, 40, 2]}, r"could not be loaded"),
    "of other channels": ({"input_shape": [None, 9, 12, 3]}, r"could not be loaded"),
}


def with_build_config(path, build_config):
    """Replace a part of the configuration in a `.keras` file."""
    with zipfile.ZipFile(path) as file:
        content = {name: file.read(name) for name in file.namelist()}
    config = json.loads(content["config.json"]) | {"build_config": build_config}
    with zipfile.ZipFile(path, "w") as file:
        for name, part in (content | {"config.json": json.dumps(config).encode()}).items():
            file.writestr(name, part)


@pytest.mark.parametrize("case", BUILD_CONFIGS)
@pytest.mark.parametrize("kind", ["model", "detector"])
def test_a_file_that_does_not_say_how_to_build_the_model_is_an_error(kind, case, images, tmp_path):
    build_config, message = BUILD_CONFIGS[case]
    model = MODELS["basic"]()
    model.build(images.shape)
    if kind == "detector":
        if "of" in case and case != "of something else":
            pytest.skip("the autoencoder within knows its own shape")
        model = keras_cae.anomaly.AnomalyDetector(model)
        model.build(images.shape)
    model.save(tmp_path / "model.keras")
    keras.saving.load_model(tmp_path / "model.keras")
    with_build_config(tmp_path / "model.keras", build_config)
    with pytest.raises(ValueError, match=message):
        keras.saving.load_model(tmp_path / "model.keras")


def test_model_checkpoint_and_early_stopping(make, images, tmp_path):
    model = make()
    model.compile(optimizer=keras.optimizers.Adam(1.0), loss="mse")  # too large, so that the last epoch is not the best
    callbacks = [
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="val_loss", save_best_only=True),
        keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True),
    ]
    history = model.fit(images, validation_data=images, epochs=6, callbacks=callbacks, verbose=0).history
    best = min(history["val_loss"])
    assert model.evaluate(images, verbose=0) == pytest.approx(best, rel=1e-4)
    loaded = keras.saving.load_model(tmp_path / "best.keras")
    assert loaded.evaluate(images, verbose=0) == pytest.approx(best, rel=1e-4)


@pytest.mark.slow
def test_backup_and_restore(images, tmp_path):
    """Training that is killed after the second epoch and restarted ends in the same state as without interruption."""

    class Kill(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def start():
        keras.utils.set_random_seed(5)
        model = MODELS["basic"]()
        model.compile(optimizer="adam", loss="mse")
        return model

    undisturbed = start()
    fit(undisturbed, images, epochs=4)
    with pytest.raises(KeyboardInterrupt):
        fit(start(), images, epochs=4, callbacks=[keras.callbacks.BackupAndRestore(tmp_path / "b"), Kill()])
    resumed = start()
    fit(resumed, images, epochs=4, callbacks=[keras.callbacks.BackupAndRestore(tmp_path / "b")])
    assert int(resumed.optimizer.iterations) == 12
    for weight, other in zip(resumed.get_weights(), undisturbed.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


CONTINUE = """
import sys, keras_cae, keras, numpy as np
data = np.load(sys.argv[1] + "/data.npz")
model = keras.saving.load_model(sys.argv[1] + "/model.keras")
predicted = model.predict(data["images"], verbose=0)
model.fit(data["images"], batch_size=4, epochs=2, shuffle=False, verbose=0)
np.savez(sys.argv[1] + "/result.npz", predicted, *model.get_weights())
"""


@pytest.mark.slow
def test_a_new_process_goes_on_with_the_file(images, tmp_path):
    model = trained(MODELS["skip"], images)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", images=images)
    predicted = model.predict(images, verbose=0)
    fit(model, images)
    subprocess.run([sys.executable, "-c", CONTINUE, str(tmp_path)], check=True, cwd=tmp_path)
    with np.load(tmp_path / "result.npz") as result:
        for expected, name in zip([predicted, *model.get_weights()], result.files, strict=True):
            np.testing.assert_allclose(result[name], expected, rtol=1e-5, atol=1e-6)
