"""The Wasserstein autoencoder: its codes, its samples and its weight."""

import keras
import numpy as np
import pytest
from checks import slow_but

from keras_cae.models import WassersteinCAE


@pytest.fixture(scope="module", params=slow_but(["imq"], ["imq", "rbf"]))
def model(request, digits):
    keras.utils.set_random_seed(0)
    model = WassersteinCAE(4, filters=(8, 16), kernel=request.param)
    model.compile(keras.optimizers.Adam(0.003), "mse")
    model.fit(digits[0], epochs=12, batch_size=64, verbose=0)
    return model


@pytest.mark.slow
def test_it_learns_and_its_codes_are_normal(model, digits):
    train, test = digits
    error = ((model.predict(test, verbose=0) - test) ** 2).mean()
    assert error < 0.6 * ((train.mean(axis=0) - test) ** 2).mean()
    codes = model.encode(train)
    assert np.abs(codes.mean(axis=0)).max() < 0.2
    np.testing.assert_allclose(np.cov(codes.T), np.eye(4), atol=0.35)


@pytest.mark.slow
def test_samples_are_decoded_codes_of_the_prior(model, digits):
    drawn = model.sample(500, seed=1)
    assert drawn.shape == (500, 8, 8, 1)
    np.testing.assert_array_equal(model.sample(20, seed=1), drawn[:20])
    # Their distribution resembles that of the digits: the mean and the standard deviation of each pixel.
    train = digits[0]
    assert np.abs(drawn.mean(axis=0) - train.mean(axis=0)).mean() < 0.05
    assert np.corrcoef(drawn.std(axis=0).ravel(), train.std(axis=0).ravel())[0, 1] > 0.9


def test_logs(model, digits):
    test = digits[1]
    logs = model.evaluate(test, batch_size=len(test), verbose=0, return_dict=True)
    assert logs["mmd_loss"] == pytest.approx(float(model.bottleneck.discrepancy(model.encode(test))), abs=1e-6)
    error = ((model.predict(test, verbose=0) - test) ** 2).mean()
    assert logs["reconstruction_loss"] == pytest.approx(error, rel=1e-4)
    for weight in (0.25, 3.0):
        model.mmd_weight = weight
        assert model.mmd_weight == model.bottleneck.mmd_weight == model.get_config()["mmd_weight"] == weight
        logs = model.evaluate(test, verbose=0, return_dict=True)
        assert logs["loss"] == pytest.approx(logs["reconstruction_loss"] + weight * logs["mmd_loss"], rel=1e-5)


def test_batches_of_one_image(images):
    model = WassersteinCAE(2, filters=(3, 4))
    model.compile("adam", "mse")
    history = model.fit(images, batch_size=1, verbose=0).history
    assert history["mmd_loss"] == [0]
    assert np.isfinite(history["loss"]).all()


@pytest.mark.slow
def test_training_goes_on_exactly_where_it_was_saved(images, tmp_path):
    def make():
        keras.utils.set_random_seed(0)
        model = WassersteinCAE(2, mmd_weight=0.3, filters=(3, 4))
        model.build(images.shape)
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model

    undisturbed, saved = make(), make()
    undisturbed.fit(images, epochs=4, shuffle=False, verbose=0)
    saved.fit(images, epochs=2, shuffle=False, verbose=0)
    saved.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.mmd_weight == 0.3
    loaded.fit(images, epochs=2, shuffle=False, verbose=0)
    for ours, expected in zip(loaded.get_weights(), undisturbed.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="latent_dim must be a positive integer, got None"):
        WassersteinCAE(None)
    with pytest.raises(ValueError, match="kernel must be one of"):
        WassersteinCAE(2, kernel="linear")
    with pytest.raises(ValueError, match="mmd_weight must be"):
        WassersteinCAE(2, mmd_weight=-1)
