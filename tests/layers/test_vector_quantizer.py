"""The codebook: the nearest vectors, its updates and the replacement of dead codes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import VectorQuantizer, vector_quantizer

VECTORS = np.random.default_rng(0).normal(size=(6, 5, 3, 4)).astype("float32")


def started(vectors=VECTORS, size=10, **arguments):
    quantizer = VectorQuantizer(size, 4, **{"seed": 1, **arguments})
    quantizer(vectors, training=True)
    return quantizer


def nearest(vectors, codebook):
    distances = ((vectors[..., None, :].astype("float64") - codebook) ** 2).sum(-1)
    return distances.argmin(-1)


@pytest.mark.parametrize("codes_at_once", [128, 3, 1])
def test_the_nearest_code(codes_at_once, monkeypatch):
    monkeypatch.setattr(vector_quantizer, "CODES_AT_ONCE", codes_at_once)
    quantizer = started()
    codebook = np.asarray(quantizer.codebook)
    expected = nearest(VECTORS, codebook)
    of_any_size = tf.function(quantizer.indices, input_signature=[tf.TensorSpec((None, None, None, 4))])
    for indices in (quantizer.indices(VECTORS), of_any_size(VECTORS)):
        assert indices.dtype == "int32"
        np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(quantizer(VECTORS), codebook[expected])
    np.testing.assert_array_equal(quantizer.vectors(expected), codebook[expected])


def test_distances_are_computed_in_parts(monkeypatch):
    monkeypatch.setattr(vector_quantizer, "CODES_AT_ONCE", 3)
    sizes = []
    quantizer = started()
    matmul = keras.ops.matmul
    monkeypatch.setattr(keras.ops, "matmul", lambda a, b: sizes.append(b.shape[1]) or matmul(a, b))
    quantizer.indices(VECTORS)
    assert sizes == [3, 3, 3, 1]


def test_the_first_of_equally_near_codes(monkeypatch):
    monkeypatch.setattr(vector_quantizer, "CODES_AT_ONCE", 3)
    quantizer = started()
    codebook = np.ones((10, 4), "float32")
    codebook[[4, 8]] = 0.0
    quantizer.codebook.assign(codebook)
    np.testing.assert_array_equal(quantizer.indices(np.array([[0.1] * 4, [0.9] * 4], "float32")), [4, 0])


@pytest.mark.parametrize("decay", [0.0, 0.7, 0.99])
def test_moving_averages(decay):
    rng = np.random.default_rng(1)
    quantizer = started(decay=decay, revival_threshold=0.0)
    codebook, counts, sums = (
        np.asarray(state, "float64") for state in (quantizer.codebook, quantizer.counts, quantizer.sums)
    )
    for _ in range(4):
        vectors = rng.normal(size=(7, 4)).astype("float32")
        quantizer(vectors, training=True)
        hits = np.eye(10)[nearest(vectors, codebook)]
        counts = decay * counts + (1 - decay) * hits.sum(0)
        sums = decay * sums + (1 - decay) * hits.T @ vectors
        smooth = (counts + 1e-5) / (counts.sum() + 1e-5 * 10) * counts.sum()
        codebook = sums / smooth[:, None]
        np.testing.assert_allclose(quantizer.counts, counts, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(quantizer.codebook, codebook, rtol=1e-4, atol=1e-5)


def test_a_fresh_codebook_is_of_vectors_of_the_first_batch(monkeypatch):
    monkeypatch.setattr(VectorQuantizer, "_update_codebook", lambda *_: None)
    quantizer = started(size=64)
    distances = np.abs(np.asarray(quantizer.codebook)[:, None] - VECTORS.reshape(1, -1, 4)).sum(-1)
    np.testing.assert_array_equal(distances.min(axis=1), 0)
    assert len(np.unique(distances.argmin(axis=1))) > 60
    assert len(np.unique(quantizer.indices(VECTORS))) > 60


@pytest.mark.parametrize("size", [200, 3])
def test_more_codes_than_vectors(size):
    quantizer = started(VECTORS[:1, :1], size)
    np.testing.assert_allclose(quantizer(VECTORS[:1, :1]), VECTORS[:1, :1], atol=0.05)


def with_dead_codes(**arguments):
    quantizer = started(**arguments)
    codebook = np.asarray(quantizer.codebook).copy()
    codebook[[2, 5]] = 1e3
    quantizer.codebook.assign(codebook)
    quantizer.sums.assign(codebook * np.asarray(quantizer.counts)[:, None])
    for _ in range(60):
        quantizer(VECTORS, training=True)
    return np.asarray(quantizer.codebook)


def test_dead_codes_are_replaced_by_vectors():
    alive = with_dead_codes(decay=0.9)
    assert np.abs(alive).max() < np.abs(VECTORS).max()
    assert set(nearest(VECTORS, alive).ravel()) == set(range(10))
    dead = with_dead_codes(decay=0.9, revival_threshold=0.0)
    assert set(nearest(VECTORS, dead).ravel()) == set(range(10)) - {2, 5}


def test_nothing_changes_without_training():
    quantizer = started()
    before = quantizer.get_weights()
    quantizer.commitment.metric.reset_state()
    quantizer(VECTORS)
    quantizer(VECTORS, training=False)
    keras.Sequential([quantizer]).predict(VECTORS, verbose=0)
    for ours, expected in zip(quantizer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert np.isnan(quantizer.commitment.metric.result())


@pytest.mark.parametrize("training", [True, False])
def test_gradients_pass_straight_through_and_draw_vectors_to_their_codes(training):
    quantizer = started(commitment_weight=0.5, decay=0.5)
    weights = np.random.default_rng(2).normal(size=VECTORS.shape)
    codes = np.asarray(quantizer(VECTORS), "float64")
    vectors = tf.constant(VECTORS)
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        loss = tf.reduce_sum(quantizer(vectors, training=training) * weights) + quantizer.losses[0]
    np.testing.assert_allclose(quantizer.losses[0], 0.5 * ((VECTORS - codes) ** 2).mean(), rtol=1e-5)
    expected = weights + 0.5 * 2 * (VECTORS - codes) / VECTORS.size
    np.testing.assert_allclose(tape.gradient(loss, vectors), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_the_codebook_is_in_full_precision(policy):
    large = (VECTORS * 1000).astype("float16")
    quantizer = started(large, dtype=policy)
    assert quantizer(large).dtype == quantizer.compute_dtype
    assert {weight.dtype for weight in quantizer.weights if "seed" not in weight.path} == {"float32"}
    assert all(np.isfinite(weight).all() for weight in quantizer.get_weights())
    np.testing.assert_array_equal(quantizer.indices(large), nearest(large, np.asarray(quantizer.codebook)))


def test_wrong_arguments():
    for decay in (-0.1, 1.0, None, "0.9"):
        with pytest.raises(ValueError, match="decay must be a number from 0 to below 1"):
            VectorQuantizer(4, 2, decay=decay)
    with pytest.raises(ValueError, match="revival_threshold must be a finite number, zero or above"):
        VectorQuantizer(4, 2, revival_threshold=-1)
    with pytest.raises(ValueError, match="commitment_weight must be a finite number, zero or above"):
        VectorQuantizer(4, 2, commitment_weight=-1)
    with pytest.raises(ValueError, match=r"code_dim=3, got inputs of shape \(6, 5, 3, 4\)"):
        VectorQuantizer(4, 3)(VECTORS)
