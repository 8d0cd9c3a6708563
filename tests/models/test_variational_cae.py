"""The variational autoencoder: its bound, its likelihood, its samples and beta."""

import keras
import numpy as np
import pytest

import keras_cae
from keras_cae.models import VariationalCAE


def trained(digits, epochs=4, **arguments):
    model = VariationalCAE(**{"latent_dim": 4, "filters": (8, 16), "seed": 1, **arguments})
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=[keras_cae.metrics.PSNR()])
    history = model.fit(digits[0], epochs=epochs, batch_size=32, verbose=0).history
    return model, history


@pytest.fixture(scope="module")
def model(digits):
    keras.utils.set_random_seed(0)
    return trained(digits, epochs=15)[0]


@pytest.mark.slow
def test_it_learns_more_than_the_mean_image(model, digits):
    train, test = digits
    error = ((model.predict(test, verbose=0) - test) ** 2).mean()
    assert error < 0.6 * ((train.mean(axis=0) - test) ** 2).mean()
    assert model.evaluate(test, verbose=0, return_dict=True)["active_units"] == 4


def test_the_loss_is_the_bound_per_value(model, digits):
    test = digits[1]
    logs = model.evaluate(test, batch_size=50, verbose=0, return_dict=True)
    mean, log_variance = (part.astype("float64") for part in model.posterior(test))
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1).mean()
    reconstructions = np.clip(model.predict(test, verbose=0).astype("float64"), 1e-7, 1 - 1e-7)
    cross_entropy = -(test * np.log(reconstructions) + (1 - test) * np.log(1 - reconstructions)).mean()
    assert logs["kl_loss"] == pytest.approx(divergence, rel=1e-5)
    assert logs["reconstruction_loss"] == pytest.approx(cross_entropy, rel=1e-5)
    assert logs["loss"] == pytest.approx(cross_entropy + divergence / 64, rel=1e-5)


def test_encoding_is_the_mean_and_predicting_decodes_it(model, digits):
    codes = model.encode(digits[1])
    np.testing.assert_allclose(codes, model.posterior(digits[1])[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.decode(codes), model.predict(digits[1], verbose=0), atol=1e-6)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.slow
def test_the_likelihood_is_that_of_an_integral(digits, likelihood):
    model, _ = trained(digits, latent_dim=1, filters=(4, 8))
    images = digits[1][:5]
    z = np.linspace(-7, 7, 4001)
    decoded = model.decode(z[:, None].astype("float32")).astype("float64").reshape(len(z), 1, -1)
    pixels = images.reshape(1, len(images), -1)
    if likelihood == "bernoulli":
        decoded = np.clip(decoded, 1e-7, 1 - 1e-7)
        log_density = pixels * np.log(decoded) + (1 - pixels) * np.log(1 - decoded)
    else:
        log_density = -((pixels - decoded) ** 2) - np.log(np.pi) / 2
    joint = log_density.sum(axis=2) - z[:, None] ** 2 / 2 - np.log(2 * np.pi) / 2
    expected = np.log(np.trapezoid(np.exp(joint - joint.max(axis=0)), z, axis=0)) + joint.max(axis=0)
    estimate = model.log_likelihood(images, samples=3000, likelihood=likelihood)
    np.testing.assert_allclose(estimate, expected, atol=0.03)
    # The bound holds on average, and is tighter with more samples.
    single = model.log_likelihood(np.repeat(images, 200, axis=0), samples=1, likelihood=likelihood)
    assert (single.reshape(5, 200).mean(axis=1) < expected + 0.05).all()


def test_the_likelihood_follows_the_loss_and_repeats(model, digits):
    images = digits[1][:7]
    expected = model.log_likelihood(images, samples=3, likelihood="bernoulli")
    np.testing.assert_array_equal(model.log_likelihood(images, samples=3), expected)
    assert expected.shape == (7,)
    other = VariationalCAE(2)
    for loss in (None, "mae", "ssim"):
        other.compile(loss=loss)
        with pytest.raises(ValueError, match="likelihood must be 'bernoulli' or 'gaussian', because the loss"):
            other.log_likelihood(images)
    with pytest.raises(ValueError, match="likelihood must be one of 'bernoulli', 'gaussian'"):
        other.log_likelihood(images, likelihood="poisson")
    other.compile(loss="bce")
    bound = other.log_likelihood(images, samples=3)
    np.testing.assert_array_equal(other.log_likelihood(images, samples=3, likelihood="bernoulli"), bound)


def test_samples(model, digits):
    samples = model.sample(40, seed=0)
    assert samples.shape == (40, 8, 8, 1)
    np.testing.assert_array_equal(samples, model.sample(40, seed=0))
    np.testing.assert_allclose(samples[:5], model.sample(5, seed=0), atol=1e-6)
    assert (samples != model.sample(40, seed=1)).any()
    # They resemble digits more closely than images decoded by a model without a prior.
    assert np.abs(samples.mean(axis=0) - digits[0].mean(axis=0)).mean() < 0.1
    np.testing.assert_array_equal(model.decode(model.draw_codes(3, seed=1)), model.sample(3, seed=1))


@pytest.mark.slow
def test_beta_trades_reconstruction_for_divergence(digits):
    histories = [trained(digits, beta=beta)[1] for beta in (0.1, 4.0)]
    assert histories[0]["kl_loss"][-1] > 2 * histories[1]["kl_loss"][-1]
    assert histories[0]["reconstruction_loss"][-1] < histories[1]["reconstruction_loss"][-1]


@pytest.mark.slow
def test_free_bits_prevent_collapse(digits):
    _, collapsed = trained(digits, beta=20.0)
    _, free = trained(digits, beta=20.0, free_bits=0.5)
    assert collapsed["kl_loss"][-1] < 0.5
    assert free["kl_loss"][-1] > 1.0


def test_beta_may_be_set_at_any_time_and_is_saved(images, tmp_path):
    model = VariationalCAE(2, filters=(3, 4))
    model.beta = 0.25
    model.compile("sgd", "mse")
    model.fit(images, verbose=0)
    assert model.beta == model.bottleneck.beta == 0.25
    model.beta = 0.5
    before = model.evaluate(images, verbose=0, return_dict=True)
    assert before["loss"] == pytest.approx(
        before["reconstruction_loss"] + 0.5 * before["kl_loss"] / (9 * 12 * 2), rel=1e-5
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.beta == loaded.get_config()["beta"] == 0.5
    assert loaded.evaluate(images, verbose=0, return_dict=True) == pytest.approx(before)


@pytest.mark.slow
def test_training_goes_on_exactly_where_it_was_saved(images, tmp_path):
    def make():
        keras.utils.set_random_seed(0)
        model = VariationalCAE(2, filters=(3, 4), seed=1)
        model.build(images.shape)
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model

    undisturbed, saved = make(), make()
    undisturbed.fit(images, epochs=4, shuffle=False, verbose=0)
    saved.fit(images, epochs=2, shuffle=False, verbose=0)
    saved.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.fit(images, epochs=2, shuffle=False, verbose=0)
    for ours, expected in zip(loaded.get_weights(), undisturbed.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_a_code_size_is_needed():
    with pytest.raises(ValueError, match="latent_dim must be a positive integer, got None"):
        VariationalCAE(None)
