"""Group normalization of images, compared with the layer of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers.image_group_normalization import ImageGroupNormalization

IMAGES = np.random.default_rng(0).normal(2.0, 0.5, size=(3, 5, 4, 24)).astype("float32")


def both(policy="float32", channels=24, groups=3):
    ours = ImageGroupNormalization(groups, dtype=policy)
    ours.build((None, 5, 4, channels))
    stock = keras.layers.GroupNormalization(ours.group_count, epsilon=1e-3, dtype=policy)
    stock.build((None, 5, 4, channels))
    generator = np.random.default_rng(1)
    weights = [generator.normal(size=channels) for _ in range(2)]
    ours.set_weights(weights)
    stock.set_weights(weights)
    return ours, stock


def run(layer, images):
    images = tf.cast(images, layer.compute_dtype)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images)
        loss = tf.reduce_sum(tf.cast(outputs, "float32") ** 3)
    return [outputs, *tape.gradient(loss, [images, *layer.trainable_weights])]


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    ("policy", "tolerance"),
    [("float32", 1e-5), ("float64", 1e-5), ("mixed_bfloat16", 0.02), ("mixed_float16", 0.003)],
)
def test_the_numbers_of_keras(policy, tolerance, jit_compile):
    ours, stock = (
        tf.function(lambda layer=layer: run(layer, IMAGES), jit_compile=jit_compile)() for layer in both(policy)
    )
    for our_value, value in zip(ours, stock, strict=True):
        assert our_value.dtype == value.dtype
        our_value, value = (np.asarray(tf.cast(v, "float32")) for v in (our_value, value))
        np.testing.assert_allclose(our_value, value, rtol=tolerance, atol=tolerance * np.abs(value).max())


def test_gradients_of_gradients_are_those_of_keras():
    def run_twice(layer):
        images = tf.constant(IMAGES)
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(images)
                loss = tf.reduce_sum(layer(images) ** 3)
            penalty = tf.reduce_sum(inner.gradient(loss, images) ** 2)
        return outer.gradient(penalty, [images, *layer.trainable_weights])

    for value, expected in zip(*map(run_twice, both()), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_a_large_mean_does_not_drown_the_variance():
    layer, _ = both("mixed_float16")
    layer.set_weights([np.ones(24), np.zeros(24)])
    images = IMAGES + np.float32(1000.0)
    outputs = np.asarray(layer(tf.cast(images, "float32")), "float64").reshape(3, 20, 3, 8)
    np.testing.assert_allclose(outputs.mean(axis=(1, 3)), 0, atol=0.01)
    np.testing.assert_allclose(outputs.std(axis=(1, 3)), 1, atol=0.05)


@pytest.mark.parametrize(
    ("channels", "groups", "expected"), [(2, 8, 1), (3, 8, 1), (8, 8, 2), (24, 8, 6), (64, 8, 8), (64, 1, 1)]
)
def test_groups_fit_the_channels(channels, groups, expected):
    layer = ImageGroupNormalization(groups)
    layer.build((None, 5, 4, channels))
    assert layer.group_count == expected


@pytest.mark.parametrize(("argument", "value"), [("groups", 0), ("epsilon", -1)])
def test_wrong_arguments(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be"):
        ImageGroupNormalization(**{argument: value})
