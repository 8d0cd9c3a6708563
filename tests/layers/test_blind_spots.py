"""Blind spots: their number, their replacements, and that hidden values do not leak."""

import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import BlindSpots

MASKS = {"none": None, "row": np.ones((1, 5)), "block": np.ones((3, 3)), "asymmetric": [[0, 0, 1, 1, 1]]}
IMAGES = np.random.default_rng(0).random((3, 40, 50, 2), dtype="float32")


def hidden(layer, images):
    corrupted, weights = layer.corrupt(images)
    return np.asarray(corrupted), np.asarray(weights) > 0, np.asarray(weights)


@pytest.mark.parametrize(("ratio", "box"), [(1 / 64, 8), (0.25, 2), (0.01, 10)])
def test_every_box_has_one(ratio, box):
    _, where, weights = hidden(BlindSpots(ratio, seed=0), IMAGES)
    for top in range(0, 40, box):
        for left in range(0, 50, box):
            np.testing.assert_array_equal(where[:, top : top + box, left : left + box].sum(axis=(1, 2)), 1)
    np.testing.assert_allclose(weights.mean(axis=(1, 2)), 1, rtol=1e-5)
    assert (where[0] != where[1]).any()


def test_pixels_of_a_box_are_hidden_equally_often():
    images = np.zeros((4000, 4, 8, 1), "float32")
    _, where, _ = hidden(BlindSpots(1 / 16, seed=0), images)
    np.testing.assert_allclose(where.mean(axis=0), 1 / 16, atol=0.02)


@pytest.mark.parametrize(("replacement", "function"), [("median", np.median), ("mean", np.mean)])
def test_they_get_what_the_neighbours_have(replacement, function):
    corrupted, where, _ = hidden(BlindSpots(1 / 64, replacement=replacement, seed=0), IMAGES)
    np.testing.assert_array_equal(corrupted[~where], IMAGES[~where])
    padded = np.pad(IMAGES, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
    for number, row, column in np.argwhere(where):
        window = padded[number, row : row + 3, column : column + 3].reshape(9, 2)
        expected = function(np.delete(window, 4, axis=0), axis=0)
        np.testing.assert_allclose(corrupted[number, row, column], expected, rtol=1e-5)


def test_uniform_takes_one_of_the_neighbours():
    taken = []
    images = np.arange(9 * 9, dtype="float32").reshape(1, 9, 9, 1).repeat(500, axis=0)
    corrupted, where, _ = hidden(BlindSpots(1 / 81, replacement="uniform", radius=2, seed=0), images)
    for number, row, column in np.argwhere(where):
        found = int(corrupted[number, row, column, 0])
        if 2 <= row < 7 and 2 <= column < 7:
            taken.append((found // 9 - row, found % 9 - column))
    assert set(taken) == {(i, j) for i in range(-2, 3) for j in range(-2, 3)} - {(0, 0)}


@pytest.mark.parametrize("replacement", ["median", "mean", "uniform"])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("size", [(11, 14), (2, 3)])
def test_nothing_gives_away_what_is_hidden(replacement, mask, size):
    """However often pixels are replaced, the inputs of the network do not depend on hidden values."""
    if mask != "none" and size == (2, 3):
        pytest.skip("a mask as large as the image leaves no neighbours")
    images = np.random.default_rng(0).random((200, *size, 1), dtype="float32")
    # One pixel per image, because it is rare that neighbouring pixels are also hidden.
    layers = [BlindSpots(1 / 400, replacement=replacement, radius=2, structured_mask=MASKS[mask], seed=1) for _ in "ab"]
    corrupted, where, _ = hidden(layers[0], images)
    changed = np.where(where[..., None], images + 1, images)
    np.testing.assert_array_equal(hidden(layers[1], changed)[0][where], corrupted[where])


def test_a_mask_replaces_what_is_around_by_what_is_outside_of_it():
    images = np.zeros((50, 16, 16, 1), "float32")
    spots = BlindSpots(1 / 256, structured_mask=np.ones((1, 5)), seed=0)
    _, where, _ = hidden(spots, images)
    again = BlindSpots(1 / 256, structured_mask=np.ones((1, 5)), seed=0)
    rows = [np.argwhere(part)[0] for part in where]
    for image, (row, column) in zip(images, rows, strict=True):
        image[row, max(column - 2, 0) : column + 3] = 1.0
    corrupted, _, _ = hidden(again, images)
    assert corrupted.max() == 0.0
    assert where.sum() == 50


@pytest.mark.parametrize("shape", [(40,), (12, 17), (7, 8, 9)])
def test_sizes_known_at_run_time_and_xla(shape):
    images = np.random.default_rng(0).random((3, *shape, 2), dtype="float32")
    mask = np.ones((1,) * (len(shape) - 1) + (3,))
    known, free, compiled = (BlindSpots(0.05, structured_mask=mask, seed=1) for _ in range(3))
    corrupted = known(images, training=True)
    signature = [tf.TensorSpec((None, *[None] * len(shape), 2))]
    function = tf.function(lambda batch: free(batch, training=True), input_signature=signature)
    np.testing.assert_allclose(function(images), corrupted)
    # XLA uses different random numbers.
    by_xla = tf.function(lambda batch: compiled(batch, training=True), jit_compile=True)(images)
    for made in (corrupted, by_xla):
        assert 0.02 < (np.asarray(made) != images).any(axis=-1).mean() < 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratio": 2}, "ratio must be a number between 0 and 1"),
        ({"replacement": "zero"}, "replacement must be one of 'median', 'mean', 'uniform'"),
        ({"structured_mask": [[1, 1]]}, "structured_mask must have an odd number of pixels along each axis"),
        ({"structured_mask": [[2]]}, "structured_mask must be an array of zeros and ones"),
        ({"structured_mask": np.ones(3)}, "structured_mask must have one axis for each of the 2 spatial axes"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        BlindSpots(**arguments)(IMAGES, training=True)


def test_a_single_row_has_no_neighbours():
    with pytest.raises(ValueError, match="at least 2 pixels along each axis"):
        BlindSpots()(IMAGES[:, :1], training=True)


def test_a_radius_of_more_neighbours_than_memory_holds():
    with pytest.raises(ValueError, match=r"radius must be at most 49 for 2 spatial axes, .* got 10000"):
        BlindSpots(radius=10_000)(IMAGES, training=True)
