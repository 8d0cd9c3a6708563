"""Scalars and histograms of codes."""

import numpy as np
import pytest
from event_files import written
from tiny_models import IMAGES, TinyVariationalCAE, fit, idle

from keras_cae.callbacks import LatentStatistics
from keras_cae.callbacks.latent_statistics import effective_rank, gaussian_kl
from keras_cae.callbacks.summaries import histogram
from keras_cae.metrics import ActiveUnits


def statistics(codes, log_variance=None, prior=False, **arguments):
    """The summaries of codes."""

    class Model:
        pass

    class Inference:
        def encode(self, images):
            return codes

        def posterior(self, images):
            return codes, log_variance

    callback = LatentStatistics(np.zeros((len(codes), 2, 2, 1)), "unused", max_images=10**6, **arguments)
    model = Model()
    if log_variance is not None:
        model.posterior = lambda images: None
    if prior:
        model.sample = lambda n: None
    callback.set_model(model)
    callback.inference = Inference()
    return {tag.removeprefix("latent/"): summary.tensor for tag, summary in callback.summaries(0).items()}


def normal_codes(n=4000, scale=(1.0, 2.0, 0.01, 0.5)):
    return (np.random.default_rng(7).standard_normal((n, len(scale))) * scale).astype("float32")


def test_what_is_written(tmp_path):
    model = idle(TinyVariationalCAE)
    fit(model, LatentStatistics(IMAGES, tmp_path, max_dims=2), epochs=2)
    seen = written(tmp_path)
    assert all(list(steps) == [0, 1] for steps in seen.values())
    codes = model.encode(IMAGES)
    most = np.argsort(-codes.var(axis=0))[:2]
    numbers = {
        "active_units",
        "effective_rank",
        "kl",
        "distance_to_prior",
        *(f"kl_{dim:03d}" for dim in most),
    }
    histograms = {
        "aggregated_posterior",
        "prior",
        "kl_per_dimension",
        *(f"dimension_{dim:03d}" for dim in most),
    }
    assert set(seen) == {f"latent/{name}" for name in numbers | histograms}
    assert all(seen[f"latent/{name}"][0].shape == () for name in numbers)
    assert all(seen[f"latent/{name}"][0].shape == (30, 3) for name in histograms)
    metric = ActiveUnits(4)
    metric.update_state(codes)
    assert seen["latent/active_units"][0] == float(metric.result())


def test_models_without_a_prior_have_no_divergences():
    codes = normal_codes()
    seen = statistics(codes, max_dims=2)
    assert set(seen) == {"dimension_001", "dimension_000", "active_units", "effective_rank"}
    assert seen["active_units"] == 3
    buckets = seen["dimension_001"]
    counts, edges = np.histogram(codes[:, 1].astype("float64"), 30)
    np.testing.assert_allclose(buckets, np.stack([edges[:-1], edges[1:], counts], axis=-1))


def test_divergence_from_the_prior():
    rng = np.random.default_rng(1)
    mean, log_variance = rng.standard_normal((2, 50, 3)).astype("float32")
    seen = statistics(mean, log_variance, prior=True)
    variance = np.exp(log_variance)
    kl = (0.5 * (variance + mean**2 - 1 - np.log(variance))).mean(axis=0)
    assert seen["kl"] == pytest.approx(kl.sum(), rel=1e-5)
    assert [seen[f"kl_{dim:03d}"] for dim in range(3)] == pytest.approx(kl, rel=1e-5)
    assert seen["kl_per_dimension"][:, 2].sum() == 3


def test_an_aggregated_posterior_that_is_the_prior():
    """Codes with variance 0.64 and posteriors with variance 0.36, which add up to the prior."""
    mean = 0.8 * normal_codes(20000, (1.0, 1.0))
    seen = statistics(mean, np.full(mean.shape, np.log(0.36), "float32"), prior=True)
    assert seen["distance_to_prior"] < 1e-3
    posterior, prior = seen["aggregated_posterior"], seen["prior"]
    np.testing.assert_array_equal(posterior[:, :2], prior[:, :2])
    assert np.abs(posterior[:, 2] - prior[:, 2]).sum() / prior[:, 2].sum() < 0.04
    narrow = statistics(mean, np.full(mean.shape, -14.0, "float32"), prior=True)
    assert narrow["distance_to_prior"] == pytest.approx(2 * (0.64 - 1 - np.log(0.64)) / 2, rel=0.05)


def test_divergence_of_the_prior_from_itself_is_zero():
    assert gaussian_kl(np.zeros(3), np.zeros(3)) == pytest.approx(0)


@pytest.mark.parametrize(
    ("codes", "rank"),
    [
        (np.eye(5) - 1 / 5, 4.0),  # four directions with equal variance
        (np.outer(np.arange(6.0), [1, 2, 3]), 1.0),
        (np.ones((4, 3)), 1.0),
    ],
)
def test_effective_rank_of_simple_codes(codes, rank):
    assert effective_rank(codes) == pytest.approx(rank)


@pytest.mark.parametrize("shape", [(40, 6), (6, 40)])
def test_effective_rank(shape):
    codes = np.random.default_rng(0).standard_normal(shape)
    eigenvalues = np.linalg.eigvalsh(np.cov(codes, rowvar=False)).clip(1e-15)
    shares = eigenvalues / eigenvalues.sum()
    assert effective_rank(codes) == pytest.approx(np.exp(-np.sum(shares * np.log(shares))), rel=1e-4)


def test_histograms_of_equal_values_and_of_none():
    tensor = histogram(np.full(7, 2.5)).tensor
    np.testing.assert_array_equal(tensor[:, :2], 2.5)
    assert tensor[-1, 2] == tensor[:, 2].sum() == 7
    assert histogram(np.array([np.nan, np.inf])).tensor.sum() == 0


def test_a_single_image_has_no_statistics():
    with pytest.raises(ValueError, match="images must contain at least 2 images"):
        LatentStatistics(IMAGES[:1], "unused")
    with pytest.raises(ValueError, match="max_dims must be a positive integer"):
        LatentStatistics(IMAGES, "unused", max_dims=0)
