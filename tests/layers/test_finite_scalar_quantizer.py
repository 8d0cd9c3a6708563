"""Finite scalar quantization, compared with the code in the appendix of the paper."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import FiniteScalarQuantizer

LEVELS = [(8, 5, 5, 5), (3, 2), (4,), (7, 6, 8)]


def by_the_paper(z, levels):
    """Bounded values, codes and indices, computed as in the paper."""
    levels = np.asarray(levels)
    half_range = (levels - 1) * (1 - 1e-3) / 2
    offset = np.where(levels % 2 == 1, 0.0, 0.5)
    bounded = np.tanh(z + np.tan(offset / half_range)) * half_range - offset
    codes = np.round(bounded) / (levels // 2)
    basis = np.concatenate([[1], np.cumprod(levels[:-1])])
    indices = ((codes * (levels // 2) + levels // 2) * basis).sum(-1)
    return bounded, codes, indices


@pytest.mark.parametrize("levels", LEVELS)
def test_codes_and_numbers(levels):
    z = 2 * np.random.default_rng(0).normal(size=(9, 5, 3, len(levels)))
    quantizer = FiniteScalarQuantizer(levels)
    _, codes, indices = by_the_paper(z, levels)
    np.testing.assert_allclose(quantizer(z), codes, atol=1e-6)
    np.testing.assert_array_equal(quantizer.indices(z), indices)
    assert quantizer.indices(z).dtype == "int32"
    np.testing.assert_array_equal(quantizer.vectors(indices), quantizer(z))


@pytest.mark.parametrize("levels", LEVELS)
def test_the_codebook_is_the_whole_grid(levels):
    quantizer = FiniteScalarQuantizer(levels)
    axes = [(np.arange(n) - n // 2) / (n // 2) for n in levels]
    expected = {tuple(np.round(code, 4)) for code in itertools.product(*axes)}
    codebook = np.asarray(quantizer.codebook)
    assert codebook.shape == (quantizer.codebook_size, len(levels))
    assert {tuple(np.round(code.astype("float64"), 4)) for code in codebook} == expected


def test_gradients_are_those_of_the_bounded_values():
    levels = (5, 4)
    z = tf.constant(np.random.default_rng(0).normal(size=(6, 2)), "float32")
    quantizer = FiniteScalarQuantizer(levels)
    with tf.GradientTape() as tape:
        tape.watch(z)
        total = tf.reduce_sum(quantizer(z, training=True))
    step = 1e-5
    upper, lower = (by_the_paper(z.numpy().astype("float64") + s, levels)[0] for s in (step, -step))
    expected = (upper - lower) / (2 * step) / (np.array(levels) // 2)
    np.testing.assert_allclose(tape.gradient(total, z), expected, rtol=1e-3, atol=1e-4)
    assert not quantizer.losses


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_extreme_inputs(policy):
    quantizer = FiniteScalarQuantizer((8, 5), dtype=policy)
    codes = quantizer(np.array([[6e4, -6e4], [-6e4, 6e4]], "float16"))
    assert codes.dtype == quantizer.compute_dtype
    np.testing.assert_array_equal(tf.cast(codes, "float32"), [[0.75, -1.0], [-1.0, 1.0]])


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"levels must be integers of at least 2, .* got \(5, 1\)"):
        FiniteScalarQuantizer((5, 1))
    with pytest.raises(ValueError, match="levels must be a sequence"):
        FiniteScalarQuantizer(8)
    with pytest.raises(ValueError, match="must have the size code_dim=2"):
        FiniteScalarQuantizer((5, 4))(np.zeros((2, 3)))
