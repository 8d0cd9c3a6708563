"""The patch mask: how much it hides, where, with what values and when."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_cae
from keras_cae.layers import RandomPatchMask

IMAGES = np.random.default_rng(0).random((50, 9, 14, 2), dtype="float32")


def test_the_stated_share_of_patches_is_hidden():
    mask = RandomPatchMask(patch_size=4, ratio=0.6, seed=1)  # 3×4 patches, of which 7.2 should be hidden
    hidden = np.asarray(mask.draw(IMAGES))
    assert hidden.shape == (50, 9, 14)
    patches = hidden[:, ::4, ::4]
    np.testing.assert_array_equal(patches.sum(axis=(1, 2)), 7)
    whole = np.repeat(np.repeat(patches, 4, axis=1), 4, axis=2)[:, :9, :14]
    np.testing.assert_array_equal(hidden, whole)
    # All patches are hidden equally often, and the images differ.
    np.testing.assert_allclose(patches.mean(axis=0), 7 / 12, atol=0.3)
    assert len(np.unique(patches, axis=0)) > 40


@pytest.mark.parametrize(("ratio", "expected"), [(0.04, 0), (0.05, 1), (0.5, 6), (0.54, 6), (0.55, 7), (0.99, 12)])
def test_rounding(ratio, expected):
    hidden = RandomPatchMask(4, ratio).draw(IMAGES)
    np.testing.assert_array_equal(np.asarray(hidden)[:, ::4, ::4].sum(axis=(1, 2)), expected)


def test_hidden_pixels_have_the_mean_of_the_visible_ones():
    mask = RandomPatchMask(4, 0.6, seed=1)
    hidden = np.asarray(RandomPatchMask(4, 0.6, seed=1).draw(IMAGES))
    outputs = np.asarray(mask(IMAGES, training=True))
    for image, where, output in zip(IMAGES, hidden, outputs, strict=True):
        np.testing.assert_array_equal(output[~where], image[~where])
        expected = np.broadcast_to(image[~where].mean(axis=0), output[where].shape)
        np.testing.assert_allclose(output[where], expected, rtol=1e-5)


def test_an_image_that_is_hidden_as_a_whole_is_black():
    np.testing.assert_array_equal(RandomPatchMask(16, 0.6)(IMAGES, training=True), np.zeros_like(IMAGES))


def test_nothing_is_hidden_without_training():
    mask = RandomPatchMask(4, 0.6)
    np.testing.assert_array_equal(mask(IMAGES), IMAGES)
    np.testing.assert_array_equal(mask(IMAGES, training=False), IMAGES)


def test_sizes_that_are_known_only_at_run_time():
    known, free = (RandomPatchMask(4, 0.6, seed=1) for _ in range(2))
    function = tf.function(
        lambda images: free(images, training=True), input_signature=[tf.TensorSpec((None, None, None, 2))]
    )
    np.testing.assert_allclose(function(IMAGES), known(IMAGES, training=True), rtol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_mean_of_many_pixels_in_low_precision(policy):
    images = np.full((1, 128, 128, 1), 100.0, "float32")
    outputs = RandomPatchMask(4, 0.5, dtype=policy)(images, training=True)
    np.testing.assert_array_equal(np.asarray(tf.cast(outputs, "float32")), images)


def test_it_corrupts_any_model_the_same_in_every_evaluation():
    model = keras_cae.models.BasicCAE(3, filters=(2, 3), corruption=RandomPatchMask(4, 0.5))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    history = model.fit(IMAGES, validation_data=IMAGES, epochs=2, shuffle=False, verbose=0).history
    assert history["val_loss"][0] == history["val_loss"][1] == model.evaluate(IMAGES, verbose=0)
    assert history["loss"][0] != history["loss"][1]
    assert (np.asarray(model.corrupt(IMAGES)) != IMAGES).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("patch_size", 0, "patch_size must be a positive integer, got 0"),
        ("ratio", 0, "ratio must be a number between 0 and 1, got 0"),
        ("ratio", 1.0, "ratio must be a number between 0 and 1, got 1.0"),
        ("ratio", "0.5", "ratio must be a number between 0 and 1, got '0.5'"),
        ("ratio", float("nan"), "ratio must be a number between 0 and 1, got nan"),
    ],
)
def test_wrong_arguments(argument, value, message):
    with pytest.raises(ValueError, match=message):
        RandomPatchMask(**{"patch_size": 4, "ratio": 0.5, argument: value})
