"""The metrics of codebook usage, computed over all batches."""

import numpy as np
import pytest

from keras_cae.metrics import CodebookUsage, Perplexity

CODES = np.random.default_rng(0).integers(0, 9, (50, 3, 2)) ** 2 // 8  # 0 to 8, some of which never occur


def updated(metric, batch_size=16, **arguments):
    for start in range(0, len(CODES), batch_size):
        metric.update_state(CODES[start : start + batch_size], **arguments)
    return float(metric.result())


@pytest.mark.parametrize("batch_size", [1, 16, 50])
def test_of_all_batches_together(batch_size):
    p = np.bincount(CODES.ravel(), minlength=12) / CODES.size
    entropy = -sum(q * np.log(q) for q in p if q)
    assert updated(Perplexity(12), batch_size) == pytest.approx(np.exp(entropy), rel=1e-5)
    assert updated(CodebookUsage(12), batch_size) == pytest.approx((p > 0).mean(), rel=1e-6)


@pytest.mark.parametrize(("cls", "one", "all_of_8"), [(Perplexity, 1.0, 8.0), (CodebookUsage, 0.125, 1.0)])
def test_extremes(cls, one, all_of_8):
    metric = cls(8)
    metric.update_state(np.zeros((5, 2), "int64"))
    assert float(metric.result()) == pytest.approx(one)
    metric.reset_state()
    metric.update_state(np.arange(8)[None])
    assert float(metric.result()) == pytest.approx(all_of_8, rel=1e-5)


def test_weights_of_images():
    codes, weights = np.array([[0, 0], [1, 2], [3, 3]]), np.array([2.0, 1.0, 0.0])
    perplexity, usage = Perplexity(4), CodebookUsage(4)
    for metric in (perplexity, usage):
        metric.update_state(codes, sample_weight=weights)
    p = np.array([4, 1, 1]) / 6
    assert float(perplexity.result()) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-5)
    assert float(usage.result()) == 0.75


@pytest.mark.parametrize("cls", [Perplexity, CodebookUsage])
def test_arguments_are_checked(cls):
    with pytest.raises(ValueError, match="codebook_size must be a positive integer, got 0"):
        cls(0)
