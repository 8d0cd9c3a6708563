"""The Gaussian bottleneck: its codes, its penalty and its metrics."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import GaussianBottleneck

FEATURES = np.random.default_rng(0).normal(size=(6, 3, 2, 4)).astype("float32")


def made(**arguments):
    bottleneck = GaussianBottleneck(latent_dim=3, **arguments)
    bottleneck.build(FEATURES.shape)
    return bottleneck


def divergences(bottleneck):
    """The divergence of each image in each dimension, by the textbook formula."""
    mean, log_variance = (np.asarray(part, "float64") for part in bottleneck.posterior(FEATURES))
    return 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)


def test_the_penalty_is_the_divergence_from_the_standard_normal():
    bottleneck = made(beta=0.5, values_per_image=10)
    bottleneck(FEATURES)
    expected = 0.5 * divergences(bottleneck).sum(axis=1).mean() / 10
    np.testing.assert_allclose(bottleneck.losses, [expected], rtol=1e-6)


def test_the_divergence_agrees_with_an_integral():
    bottleneck = made()
    mean, log_variance = (np.asarray(part, "float64")[0, 0] for part in bottleneck.posterior(FEATURES))
    deviation = np.exp(log_variance / 2)
    z = np.linspace(-12, 12, 20_001)
    log_posterior = -((z - mean) ** 2) / (2 * deviation**2) - np.log(deviation)
    density = np.exp(log_posterior) / np.sqrt(2 * np.pi)
    integral = np.trapezoid(density * (log_posterior + z**2 / 2), z)
    assert divergences(bottleneck)[0, 0] == pytest.approx(integral, rel=1e-6)


def test_free_bits_are_free():
    bottleneck = made()
    per_dimension = divergences(bottleneck).mean(axis=0)
    threshold = float(np.sort(per_dimension)[1])  # one dimension below, one at, one above
    bottleneck = made(free_bits=threshold)
    bottleneck.set_weights(made().get_weights())
    bottleneck(FEATURES)
    expected = np.maximum(divergences(bottleneck).mean(axis=0), threshold).sum()
    np.testing.assert_allclose(bottleneck.losses, [expected], rtol=1e-6)


def test_codes_have_noise_in_training_only():
    bottleneck = made(seed=1)
    mean, log_variance = (np.asarray(part) for part in bottleneck.posterior(FEATURES))
    np.testing.assert_array_equal(bottleneck(FEATURES), mean)
    np.testing.assert_array_equal(bottleneck(FEATURES, training=False), mean)
    codes = np.asarray(bottleneck(np.tile(FEATURES, (2000, 1, 1, 1)), training=True)).reshape(2000, *mean.shape)
    deviation = np.exp(log_variance / 2)
    np.testing.assert_allclose((codes.mean(axis=0) - mean) / deviation, 0, atol=0.1)
    np.testing.assert_allclose(codes.std(axis=0) / deviation, 1, atol=0.07)


@pytest.mark.parametrize(("policy", "scale"), [("float32", 1e6), ("mixed_float16", 1e3)])
def test_extreme_inputs_stay_finite(policy, scale):
    bottleneck = made(dtype=policy)
    with tf.GradientTape() as tape:
        codes = bottleneck(FEATURES * scale, training=True)
        loss = tf.reduce_sum(tf.cast(codes, "float32")) + bottleneck.losses[0]
    assert codes.dtype == keras.DTypePolicy(policy).compute_dtype
    assert np.isfinite(loss)
    if policy == "float32":  # gradients in float16 need a scaled loss
        for gradient in tape.gradient(loss, bottleneck.trainable_weights):
            assert np.isfinite(gradient).all()


def test_beta_is_a_number_that_compiled_functions_follow():
    bottleneck = made(beta=0.1)
    assert bottleneck.beta == 0.1
    penalty = tf.function(lambda inputs: (bottleneck(inputs), bottleneck.losses[0])[1])
    before = penalty(FEATURES)
    bottleneck.beta = 0.3
    np.testing.assert_allclose(penalty(FEATURES), 3 * before, rtol=1e-6)
    assert penalty.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("argument", ["beta", "free_bits"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "1", True, None])
def test_weights_must_be_numbers_from_zero(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be a finite number, zero or above"):
        GaussianBottleneck(3, **{argument: value})
    bottleneck = made()
    with pytest.raises(ValueError, match="beta must be"):
        bottleneck.beta = -1
    assert bottleneck.beta == 1.0


def test_nothing_is_reported_outside_of_steps():
    bottleneck = made()
    bottleneck(FEATURES)
    keras.Sequential([bottleneck]).predict(FEATURES, verbose=0)
    assert np.isnan(bottleneck.kl.metric.result())
    assert np.isnan(bottleneck.active_units.result())
