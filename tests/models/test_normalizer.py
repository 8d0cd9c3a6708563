"""Data in any unit: the networks and the loss use normalized values, while users see the unit of their data."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae import models

MEANS, DEVIATIONS = np.array([300.0, -0.002]), np.array([7.0, 0.0005])


def sensors(count=48, length=24, seed=0):
    """Signals with two channels in different units, smooth enough to be encoded."""
    generator = np.random.default_rng(seed)
    time = np.linspace(0, 6, length)[None, :, None]
    waves = np.sin(time * generator.uniform(0.5, 1.5, (count, 1, 2)) + generator.uniform(0, 6, (count, 1, 2)))
    return (MEANS + DEVIATIONS * 1.4 * waves).astype("float32")


def make(**arguments):
    model = models.BasicCAE(6, filters=(8, 12), rank=1, **{"normalizer": keras.layers.Normalization(), **arguments})
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = make()
    history = model.fit(sensors(), epochs=12, batch_size=8, verbose=0).history
    return model, history


def test_the_first_fit_adapts_it_to_each_channel(trained):
    model, _ = trained
    data = sensors().astype("float64")
    np.testing.assert_allclose(np.ravel(model.normalizer.mean), data.mean(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(np.ravel(model.normalizer.variance), data.var(axis=(0, 1)), rtol=1e-4)
    before = np.ravel(model.normalizer.mean)
    model.fit(sensors() + 1.0, verbose=0)
    np.testing.assert_array_equal(np.ravel(model.normalizer.mean), before)


def test_the_loss_is_of_normalized_values_and_what_comes_out_has_the_unit(trained):
    model, history = trained
    assert history["loss"][0] > 0.3
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    data = sensors(seed=1)
    reconstructions = model.predict(data, verbose=0)
    mean, variance = np.ravel(model.normalizer.mean), np.ravel(model.normalizer.variance)
    expected = np.mean((reconstructions - data) ** 2 / variance)
    logs = model.evaluate(data, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(expected, rel=1e-4)
    assert logs["mae"] == pytest.approx(np.mean(np.abs(reconstructions - data)), rel=1e-4)
    assert (np.abs(reconstructions.mean(axis=(0, 1)) - mean) < np.sqrt(variance)).all()
    codes = model.encode(data)
    np.testing.assert_allclose(model.encoder(data), codes, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.decode(codes), reconstructions, rtol=1e-5)
    np.testing.assert_allclose(model.decoder(codes), reconstructions, rtol=1e-5)


@pytest.mark.slow
def test_it_is_saved_and_exported(trained, tmp_path):
    model, _ = trained
    data = sensors(seed=1)
    expected = model.predict(data, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(data, verbose=0), expected)
    np.testing.assert_array_equal(loaded.normalizer.mean, model.normalizer.mean)
    loaded.fit(data + 1.0, verbose=0)
    np.testing.assert_array_equal(loaded.normalizer.mean, model.normalizer.mean)
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(exported.serve(data), expected, rtol=1e-5)
    model.encoder.save(tmp_path / "encoder.keras")
    encoder = keras.saving.load_model(tmp_path / "encoder.keras")
    np.testing.assert_allclose(encoder.predict(data, verbose=0), model.encode(data), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_functions_that_are_compiled_already_follow():
    model = make()
    data = sensors()
    model.build(data.shape)
    before = model.predict(data, verbose=0), model.encode(data)
    model.fit(data, verbose=0)
    after = model.predict(data, verbose=0), model.encode(data)
    assert np.abs(after[0][..., 0] - 300).mean() < 30 < np.abs(before[0][..., 0] - 300).mean()
    np.testing.assert_allclose(after[0], model(data), rtol=1e-5)


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return (sensors()[16 * index : 16 * index + 16],)


@pytest.mark.parametrize(
    ("data", "arguments"),
    [
        (tf.data.Dataset.from_tensor_slices(sensors()).batch(10), {}),
        (tf.data.Dataset.from_tensor_slices(sensors()).batch(16).repeat(), {"steps_per_epoch": 3}),
        (Batches(), {}),
        (np.concatenate([sensors(), sensors() + 1e3]), {"validation_split": 0.5}),
    ],
    ids=["dataset", "endless dataset", "PyDataset", "validation_split"],
)
def test_it_is_adapted_to_every_kind_of_data(data, arguments):
    model = make()
    model.fit(data, verbose=0, **arguments)
    np.testing.assert_allclose(np.ravel(model.normalizer.mean), sensors().astype("float64").mean((0, 1)), rtol=1e-5)


def test_data_that_it_cant_be_adapted_to():
    with pytest.raises(ValueError, match=r"can't be adapted to a generator.* normalizer\.adapt\(images\)"):
        make().fit((batch for batch in [sensors()]), verbose=0)
    with pytest.raises(ValueError, match="steps_per_epoch"):
        make().fit(tf.data.Dataset.from_tensor_slices(sensors()).batch(16).repeat(), verbose=0)
    with pytest.raises(ValueError, match="not a number"):
        make().fit(sensors() * np.nan, verbose=0)


@pytest.mark.slow
def test_one_that_was_adapted_before_stays():
    normalizer = keras.layers.Normalization()
    normalizer.adapt(sensors() * 2)
    model = make(normalizer=normalizer)
    model.fit((batch for batch in [sensors()]), verbose=0)
    assert float(np.ravel(model.normalizer.mean)[0]) == pytest.approx(600, rel=0.1)
    given = make(normalizer=keras.layers.Normalization(mean=[300.0, 0.0], variance=[49.0, 1.0]))
    given.fit(sensors(), verbose=0)
    np.testing.assert_allclose(np.ravel(given.normalizer.mean), [300, 0])
    with pytest.raises(ValueError, match=r"x has the type uint8, .* normalizer was adapted"):
        model.fit(np.zeros((4, 24, 2), "uint8"), verbose=0)


def test_a_constant_channel_gives_finite_values():
    data = sensors()
    data[..., 1] = 12345.678
    model = make()
    assert np.isfinite(model.fit(data, epochs=2, verbose=0).history["loss"]).all()
    np.testing.assert_allclose(model.predict(data, verbose=0)[..., 1], 12345.678, atol=5)
    shifted = data + np.array([0.0, 1.0])
    assert np.isfinite(model.evaluate(shifted.astype("float32"), verbose=0)[0])


def test_floats_of_another_unit_without_one_are_refused_with_it_as_the_remedy():
    model = make(normalizer=None)
    with pytest.raises(ValueError, match=r"normalizer=keras\.layers\.Normalization\(\)"):
        model.fit(sensors(), verbose=0)


@pytest.mark.parametrize(
    "cls",
    [
        models.DenoisingCAE,
        models.VariationalCAE,
        models.VectorQuantizedCAE,
        models.MaskedCAE,
        pytest.param(models.SkipConnectionCAE, marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_every_architecture(cls):
    arguments = {"codebook_size": 8, "code_dim": 2} if cls is models.VectorQuantizedCAE else {"latent_dim": 4}
    arguments = {} if cls is models.DenoisingCAE else arguments
    filters = (4, 6, 8) if cls is models.SkipConnectionCAE else (4, 6)
    model = cls(**arguments, filters=filters, rank=1, normalizer=keras.layers.Normalization())
    model.compile("adam", "mse")
    model.fit(sensors(), epochs=2, verbose=0)
    assert model.evaluate(sensors(), verbose=0, return_dict=True)["loss"] < 4
    reconstructions = model.predict(sensors(), verbose=0)
    assert (np.abs(reconstructions - MEANS) < 8 * DEVIATIONS).all()
    if cls is models.VariationalCAE:
        assert model.log_likelihood(sensors()[:2], samples=2, likelihood="gaussian").shape == (2,)
        assert abs(float(np.mean(model.sample(4, seed=0)[..., 0])) - 300) < 60


def test_networks_of_ones_own():
    encoder = keras.Sequential([keras.Input((24, 2)), keras.layers.Flatten(), keras.layers.Dense(4)])
    decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(48), keras.layers.Reshape((24, 2))])
    model = models.CAE(encoder, decoder, normalizer=keras.layers.Normalization())
    model.compile(keras.optimizers.Adam(0.01), "mse")
    losses = model.fit(sensors(), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0] < 5
    np.testing.assert_allclose(model.decode(model.encode(sensors())), model.predict(sensors(), verbose=0), rtol=1e-5)
    grey = keras.Sequential([keras.Input((4,)), keras.layers.Dense(24), keras.layers.Reshape((24, 1))])
    other = models.CAE(encoder, grey, normalizer=keras.layers.Normalization())
    with pytest.raises(ValueError, match="normalizer needs reconstructions with the 2 channels"):
        other.build((None, 24, 2))


def test_a_detector_works_in_the_unit_of_the_data(trained):
    model, _ = trained
    data = sensors()
    detector = keras_cae.anomaly.AnomalyDetector(model, "mae", pooling="max").calibrate(data)
    wrong = data.copy()
    wrong[:, 10:13, 0] += 40
    found = detector.predict(wrong)
    assert found["is_anomaly"].mean() > 0.9
    assert found["anomaly_map"].shape == (len(data), 24)


@pytest.mark.parametrize(
    ("normalizer", "error", "message"),
    [
        (keras.layers.Dense(2), TypeError, r"normalizer must be a keras\.layers\.Normalization"),
        ("standard", TypeError, "normalizer must be"),
        (keras.layers.Normalization(axis=None), ValueError, "normalizer must normalize each channel"),
        (keras.layers.Normalization(invert=True), ValueError, "normalizer must normalize each channel"),
    ],
)
def test_wrong_ones(normalizer, error, message):
    with pytest.raises(error, match=message):
        make(normalizer=normalizer)


@pytest.mark.slow
def test_on_two_replicas(two_replicas):
    def losses(strategy):
        keras.utils.set_random_seed(0)
        with strategy.scope():
            model = make()
        return model.fit(sensors(), epochs=2, batch_size=8, shuffle=False, verbose=0).history["loss"]

    np.testing.assert_allclose(losses(two_replicas), losses(tf.distribute.get_strategy()), rtol=1e-3)
