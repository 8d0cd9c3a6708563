"""The samplers: distributions, shapes and files."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.mixture import GaussianMixture

from keras_cae.models import BasicCAE
from keras_cae.samplers import GaussianMixtureSampler, NormalSampler

GENERATOR = np.random.default_rng(0)
CORRELATED = GENERATOR.normal(size=(2000, 3)) @ GENERATOR.normal(size=(3, 3)) + [5.0, 0.0, -100.0]
GROUPS = np.concatenate([GENERATOR.normal(0, 1, (300, 2)), GENERATOR.normal(30, 2, (900, 2))])
SAMPLERS = [NormalSampler(), GaussianMixtureSampler(2, seed=0)]


def kinds(sampler):
    return type(sampler).__name__


def test_a_normal_distribution_has_the_moments_of_the_codes():
    sampler = NormalSampler().fit(CORRELATED)
    samples = sampler.sample(200_000, seed=1)
    covariance = np.cov(CORRELATED, rowvar=False)
    np.testing.assert_allclose(sampler.factor @ sampler.factor.T, covariance, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(samples.mean(axis=0), CORRELATED.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.cov(samples, rowvar=False), covariance, atol=0.05)
    whitened = np.linalg.solve(sampler.factor, (samples - sampler.mean).T)
    assert kstest(whitened[0], "norm").pvalue > 0.01


def test_numbers_that_never_change_stay():
    codes = np.concatenate([CORRELATED, np.full((2000, 1), 7.0)], axis=1)
    for sampler in (NormalSampler(), GaussianMixtureSampler(2, seed=0)):
        samples = sampler.fit(codes).sample(1000, seed=0)
        np.testing.assert_allclose(samples[:, 3], 7, atol=0.01)


def test_a_mixture_has_the_components_of_scikit_learn():
    expected = GaussianMixture(2, random_state=0).fit(GROUPS)
    sampler = GaussianMixtureSampler(2, seed=0).fit(GROUPS)
    samples = sampler.sample(100_000, seed=1)
    labels = expected.predict(samples)
    for component in range(2):
        members = samples[labels == component]
        assert len(members) / len(samples) == pytest.approx(expected.weights_[component], abs=0.01)
        np.testing.assert_allclose(members.mean(axis=0), expected.means_[component], atol=0.05)
        np.testing.assert_allclose(np.cov(members.T), expected.covariances_[component], atol=0.1)


def test_a_mixture_of_one_is_normal():
    one = GaussianMixtureSampler(1).fit(CORRELATED)
    normal = NormalSampler().fit(CORRELATED)
    np.testing.assert_allclose(one.means[0], normal.mean)
    covariances = [factor @ factor.T for factor in (one.factors[0], normal.factor)]
    np.testing.assert_allclose(*covariances, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=kinds)
def test_a_seed_draws_the_same_codes(sampler):
    sampler.fit(GROUPS)
    samples = sampler.sample(50, seed=3)
    assert samples.shape == (50, 2)
    assert samples.dtype == "float32"
    np.testing.assert_array_equal(sampler.sample(50, seed=3), samples)
    np.testing.assert_allclose(sampler.sample(20, seed=3), samples[:20], rtol=1e-6)
    assert (sampler.sample(50, seed=4) != samples).any()
    assert (sampler.sample(50) != sampler.sample(50)).any()


@pytest.mark.parametrize("sampler", SAMPLERS, ids=kinds)
def test_maps_keep_their_shape(sampler):
    codes = np.random.default_rng(0).normal(size=(40, 2, 3, 1)) + np.arange(6).reshape(2, 3, 1)
    samples = sampler.fit(codes).sample(5000, seed=0)
    assert samples.shape == (5000, 2, 3, 1)
    np.testing.assert_allclose(samples.mean(axis=0), codes.mean(axis=0), atol=0.1)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=kinds)
def test_a_file_is_read_in_another_process_without_scikit_learn(sampler, tmp_path):
    path = tmp_path / "sampler.npz"
    codes = GROUPS.reshape(-1, 2, 1)
    sampler.fit(codes).save(path)
    code = f"""
import sys
sys.modules["sklearn"] = None
import keras_cae, numpy as np
sampler = keras_cae.samplers.{kinds(sampler)}.load({str(path)!r})
np.save({str(tmp_path / "samples.npy")!r}, sampler.sample(30, seed=5))
assert "tensorflow" not in sys.modules
"""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/", env=environment)
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npy"), sampler.sample(30, seed=5))
    loaded = type(sampler).load(path)
    assert getattr(loaded, "n_components", None) == getattr(sampler, "n_components", None)


def test_files_of_other_kinds_are_refused(tmp_path):
    path = tmp_path / "sampler.npz"
    NormalSampler().fit(GROUPS).save(path)
    with pytest.raises(ValueError, match=r"got a file of NormalSampler. Use NormalSampler\.load"):
        GaussianMixtureSampler.load(path)
    np.savez(path, x=np.zeros(3))
    with pytest.raises(ValueError, match=r"path must be a file that NormalSampler\.save wrote"):
        NormalSampler.load(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"path must be a file that NormalSampler\.save wrote"):
        NormalSampler.load(path)
    path.write_text("words")
    with pytest.raises(ValueError, match=r"path must be a file that NormalSampler\.save wrote"):
        NormalSampler.load(path)


@pytest.mark.parametrize("sampler", [NormalSampler(), GaussianMixtureSampler()], ids=kinds)
def test_it_must_be_fitted_first(sampler, tmp_path):
    for use in (lambda: sampler.sample(3), lambda: sampler.save(tmp_path / "sampler.npz")):
        with pytest.raises(ValueError, match=r"must be fitted before use: call fit\(model\.encode"):
            use()
    assert not (tmp_path / "sampler.npz").exists()


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros(5), r"codes must hold at least two codes, of shape \(n, \.\.\.\), got the shape \(5,\)"),
        (np.zeros((1, 5)), "codes must hold at least two codes"),
        (np.zeros((5, 0)), "codes must hold at least two codes"),
        (np.array([[1.0, np.nan], [0.0, np.inf]]), "codes must be finite, got 2 values that are not"),
        ((np.zeros((2, 3)), [np.zeros((2, 4))]), "codes must be an array of numbers"),
    ],
)
def test_wrong_codes(codes, message):
    with pytest.raises(ValueError, match=message):
        NormalSampler().fit(codes)


def test_wrong_numbers():
    with pytest.raises(ValueError, match="n_components must be a positive integer, got 0"):
        GaussianMixtureSampler(0)
    with pytest.raises(ValueError, match="n_components must be at most the number of codes, 3, got 4"):
        GaussianMixtureSampler(4).fit(np.eye(3))
    with pytest.raises(ValueError, match="n must be a positive integer, got 0"):
        NormalSampler().fit(GROUPS).sample(0)


def test_scikit_learn_is_asked_for_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.mixture", None)
    with pytest.raises(ImportError, match=r'the extra "samplers".*pip install scikit-learn'):
        GaussianMixtureSampler(2).fit(GROUPS)


def test_a_model_decodes_the_codes(images):
    model = BasicCAE(None, filters=(3, 4))
    samples = GaussianMixtureSampler(2, seed=0).fit(model.encode(images)).sample(3, seed=0)
    assert model.decode(samples).shape == (3, 10, 12, 2)
