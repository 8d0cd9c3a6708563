"""The maximum mean discrepancy: its estimate, its expectations over the prior and its gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import MMDBottleneck

SCALES = np.array([0.1, 0.2, 0.5, 1, 2, 5, 10])
KERNELS = {"imq": lambda r, c: c / (c + r), "rbf": lambda r, c: np.exp(-r / c)}


@pytest.fixture(params=KERNELS)
def kernel(request):
    return request.param


def kernel_values(kernel, x, y):
    squares = (x**2).sum(-1)[:, None] - 2 * x @ y.T + (y**2).sum(-1)
    return np.mean([KERNELS[kernel](squares, 2 * x.shape[1] * s) for s in SCALES], axis=0)


def between(kernel, x):
    values = kernel_values(kernel, x, x)
    return (values.sum() - np.trace(values)) / (len(x) * (len(x) - 1))


@pytest.mark.parametrize(("size", "shift", "scale"), [(1, 0, 1), (3, 2, 0.3), (8, 0, 1), (64, 0.5, 3)])
@pytest.mark.slow
def test_the_estimate_is_that_of_samples_of_the_prior(kernel, size, shift, scale):
    rng = np.random.default_rng(0)
    codes = shift + scale * rng.normal(size=(20, size))
    prior = rng.normal(size=(3000, size))
    to_prior = kernel_values(kernel, codes, prior).mean()
    expected = between(kernel, codes) - 2 * to_prior + between(kernel, prior)
    estimate = MMDBottleneck(kernel=kernel).discrepancy(codes)
    assert estimate.dtype == "float32"
    assert float(estimate) == pytest.approx(expected, abs=0.005)


def test_the_expectations_are_exact(kernel):
    """In one dimension, the expectations are integrals over the density of the prior."""
    codes = np.array([[0.0], [0.5], [-2.0], [30.0]])
    p = np.linspace(-10, 10, 100_001)
    density = np.exp(-(p**2) / 2) / np.sqrt(2 * np.pi)
    values = [np.mean([KERNELS[kernel]((z - p) ** 2, 2 * s) for s in SCALES], axis=0) for z in codes[:, 0]]
    to_prior = np.trapezoid(np.array(values) * density, p, axis=1)
    # The difference of two codes from the prior is normal with variance 2.
    differences = np.mean([KERNELS[kernel](2 * p**2, 2 * s) for s in SCALES], axis=0)
    within_prior = np.trapezoid(differences * density, p)
    expected = between(kernel, codes) - 2 * to_prior.mean() + within_prior
    estimate = MMDBottleneck(kernel=kernel).discrepancy(codes)
    assert float(estimate) == pytest.approx(expected, abs=2e-6)


@pytest.mark.slow
def test_the_closed_form_for_normal_codes():
    """The mean of many estimates is unbiased, for codes with variance `v` and the Gaussian kernel."""
    size, variance = 3, 0.5
    rng = np.random.default_rng(0)
    bottleneck = MMDBottleneck(kernel="rbf")
    codes = np.sqrt(variance) * rng.normal(size=(2000, 8, size))
    estimates = tf.function(tf.map_fn)(bottleneck.discrepancy, codes.astype("float32"))

    def expectation(total_variance):
        return np.mean((1 + 2 * total_variance / (2 * size * SCALES)) ** (-size / 2))

    expected = expectation(2 * variance) - 2 * expectation(1 + variance) + expectation(2)
    deviation = np.std(estimates) / np.sqrt(len(estimates))
    assert float(np.mean(estimates)) == pytest.approx(expected, abs=4 * deviation)
    assert 4 * deviation < 0.2 * expected


def test_the_gradient_leads_to_the_prior(kernel):
    noise = np.random.default_rng(0).normal(size=(200, 2)).astype("float32")
    noise = (noise - noise.mean(0)) / noise.std(0)
    shift, scale = keras.Variable([3.0, -1.0]), keras.Variable([0.2, 4.0])
    bottleneck = MMDBottleneck(kernel=kernel)
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build([shift, scale])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            discrepancy = bottleneck.discrepancy(shift + scale * noise)
        optimizer.apply(tape.gradient(discrepancy, [shift.value, scale.value]))

    for _ in range(150):
        step()
    np.testing.assert_allclose(shift, 0, atol=0.1)
    np.testing.assert_allclose(scale, 1, atol=0.1)


def test_the_penalty(kernel):
    codes = np.random.default_rng(0).normal(size=(6, 2, 3)).astype("float32")
    bottleneck = MMDBottleneck(0.5, kernel=kernel)
    np.testing.assert_array_equal(bottleneck(codes), codes)
    np.testing.assert_allclose(bottleneck.losses, [0.5 * bottleneck.discrepancy(codes)], rtol=1e-6)
    np.testing.assert_allclose(bottleneck.discrepancy(codes), bottleneck.discrepancy(codes.reshape(6, 6)), rtol=1e-6)
    bottleneck(codes)
    assert np.isnan(bottleneck.mmd.metric.result()), "nothing is reported outside of steps"


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("codes", [np.ones((1, 3)), np.zeros((0, 3)), np.ones((5, 3)), np.full((5, 3), 1e4)])
def test_extreme_batches_stay_finite(policy, codes, kernel):
    bottleneck = MMDBottleneck(kernel=kernel, dtype=policy)
    codes = tf.constant(codes, bottleneck.compute_dtype)
    with tf.GradientTape() as tape:
        tape.watch(codes)
        outputs = bottleneck(codes)
        loss = bottleneck.losses[0]
    assert outputs.dtype == bottleneck.compute_dtype
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, codes)).all()
    if len(codes) < 2:
        assert loss == 0


def test_wrong_arguments():
    with pytest.raises(ValueError, match="mmd_weight must be a finite number, zero or above, got -1"):
        MMDBottleneck(-1)
    with pytest.raises(ValueError, match="kernel must be one of 'imq', 'rbf', got 'linear'"):
        MMDBottleneck(kernel="linear")
