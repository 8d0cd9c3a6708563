"""The fused layer is equivalent to that of Keras: outputs, gradients, moving statistics and files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers import FusedBatchNormalization

IMAGES = np.random.default_rng(0).normal(2.0, 3.0, (5, 7, 6, 4)).astype("float32")
CONFIGURATIONS = [
    {},
    {"momentum": 0.5, "epsilon": 0.1},
    {"center": False},
    {"scale": False},
    {"gamma_initializer": "random_normal", "beta_regularizer": "l2"},
    {"epsilon": 1e-7},
    {"axis": 1},
]


def run(layer, inputs, training):
    inputs = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=training)
        loss = tf.reduce_sum(tf.cast(outputs, "float32") ** 3)
    return [outputs, *tape.gradient(loss, [inputs, *layer.trainable_weights]), *layer.non_trainable_weights]


def both(policy="float32", shape=IMAGES.shape, **configuration):
    layers = [cls(dtype=policy, **configuration) for cls in (FusedBatchNormalization, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.build(shape)
    layers[0].set_weights(layers[1].get_weights())
    return layers


def assert_close(ours, stock, tolerance=1e-4):
    for our_value, value in zip(ours, stock, strict=True):
        our_value, value = (np.asarray(tf.cast(v, "float32")) for v in (our_value, value))
        np.testing.assert_allclose(our_value, value, rtol=tolerance, atol=tolerance * np.abs(value).max())


@pytest.mark.parametrize("training", [True, False, None])
@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
def test_the_same_numbers(configuration, training):
    fused, stock = both(**configuration)
    for _ in range(2):
        assert_close(run(fused, IMAGES, training), run(stock, IMAGES, training))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    ("policy", "tolerance"), [("mixed_bfloat16", 0.03), ("mixed_float16", 0.01), ("float64", 1e-6)]
)
def test_the_same_numbers_in_every_precision(policy, tolerance, jit_compile):
    fused, stock = both(policy)
    ours, expected = (
        tf.function(
            lambda layer=layer: run(layer, tf.cast(IMAGES, layer.compute_dtype), True)[0],
            jit_compile=jit_compile,
        )
        for layer in (fused, stock)
    )
    outputs, stock_outputs = ours(), expected()
    assert outputs.dtype == stock_outputs.dtype
    assert_close([outputs], [stock_outputs], tolerance)
    assert_close(fused.non_trainable_weights, stock.non_trainable_weights, 1e-3)


@pytest.mark.parametrize("shape", [(5, 4), (5, 3, 4), (5, 2, 3, 2, 4)])
def test_inputs_of_other_ranks(shape):
    inputs = np.random.default_rng(0).random(shape, dtype="float32")
    fused, stock = both(shape=shape)
    assert_close(run(fused, inputs, True), run(stock, inputs, True))


def test_a_single_value():
    fused, stock = both(shape=(1, 1, 1, 4))
    single = IMAGES[:1, :1, :1]
    assert_close(run(fused, single, True), run(stock, single, True))


def test_frozen_layers_do_not_learn():
    fused, _ = both()
    fused.trainable = False
    before = fused.get_weights()
    fused(IMAGES, training=True)
    assert_close(fused.get_weights(), before, 1e-9)


def test_weights_and_configuration_are_those_of_keras():
    fused, stock = both(momentum=0.5)
    assert [weight.name for weight in fused.weights] == [weight.name for weight in stock.weights]
    ours, config = fused.get_config(), stock.get_config()
    assert {**ours, "name": None} == {**config, "name": None}


def test_it_is_fused():
    """Check that the layer does not always fall back to that of Keras, which no other test would notice."""
    fused, _ = both()
    for training in (True, False):
        graph = tf.function(lambda t=training: fused(tf.constant(IMAGES), training=t)).get_concrete_function().graph
        assert any(operation.type.startswith("FusedBatchNorm") for operation in graph.get_operations())
