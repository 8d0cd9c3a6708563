"""The folded convolution is the plain one: outputs, gradients, precisions, files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers.convolution_of_upsampled import ConvolutionOfUpsampled
from keras_cae.layers.nearest_upsampling import NearestUpsampling, small_of
from keras_cae.models import BatchNormPoolCAE

IMAGES = np.random.default_rng(0).normal(size=(3, 5, 4, 6)).astype("float32")
CONFIGURATIONS = [
    *({"kernel_size": size} for size in (1, 2, 3, 4, 5, (2, 5))),
    {"kernel_size": 3, "use_bias": False},
    {"kernel_size": 3, "activation": "tanh"},
    {"kernel_size": 3, "strides": 2},
    {"kernel_size": 3, "dilation_rate": 2},
    {"kernel_size": 3, "padding": "valid"},
]


def both(policy="float32", size=2, **configuration):
    """The folded layer after its upsampling, and the two stock layers with the same weights."""
    layers = []
    for upsampling, convolution in (
        (NearestUpsampling, ConvolutionOfUpsampled),
        (keras.layers.UpSampling2D, keras.layers.Conv2DTranspose),
    ):
        layer = convolution(7, dtype=policy, **{"padding": "same", **configuration})
        layer.bias_initializer = keras.initializers.RandomNormal(seed=0)
        layers.append((upsampling(size, dtype=policy), layer))
    (_, ours), (_, stock) = layers
    up_shape = layers[0][0].compute_output_shape(IMAGES.shape)
    ours.build(up_shape)
    stock.build(up_shape)
    ours.set_weights(stock.get_weights())
    return layers


def run(layers, images):
    upsampling, convolution = layers
    images = tf.cast(images, convolution.compute_dtype)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = convolution(upsampling(images))
        loss = tf.reduce_sum(tf.cast(outputs, "float32") ** 3)
    return [outputs, *tape.gradient(loss, [images, *convolution.trainable_weights])]


def assert_close(ours, stock, tolerance):
    for our_value, value in zip(ours, stock, strict=True):
        assert our_value.dtype == value.dtype
        our_value, value = (np.asarray(tf.cast(v, "float32")) for v in (our_value, value))
        np.testing.assert_allclose(our_value, value, rtol=tolerance, atol=tolerance * np.abs(value).max())


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
def test_the_same_numbers(configuration):
    ours, stock = both(**configuration)
    assert_close(run(ours, IMAGES), run(stock, IMAGES), 1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    ("policy", "tolerance"),
    [("float32", 1e-5), ("float64", 1e-6), ("mixed_bfloat16", 0.05), ("mixed_float16", 0.01)],
)
def test_the_same_numbers_in_every_precision(policy, tolerance, jit_compile):
    ours, stock = (
        tf.function(lambda layers=layers: run(layers, IMAGES), jit_compile=jit_compile)()
        for layers in both(policy, kernel_size=3)
    )
    assert_close(ours, stock, tolerance)


def test_sizes_that_are_known_only_at_run_time():
    ours, stock = both(kernel_size=3)
    free = tf.function(
        lambda images: ours[1](ours[0](images)),
        input_signature=[tf.TensorSpec((None, None, None, IMAGES.shape[-1]))],
    )
    assert free.get_concrete_function().output_shapes.as_list() == [None, None, None, 7]
    assert_close([free(IMAGES)], [stock[1](stock[0](IMAGES))], 1e-5)


def test_upsampling_by_other_factors_is_left_alone():
    for size in (1, 3, (2, 1)):
        ours, stock = both(size=size, kernel_size=3)
        assert_close(run(ours, IMAGES), run(stock, IMAGES), 1e-5)


@pytest.mark.parametrize("other", [{"interpolation": "bilinear"}, {"data_format": "channels_first"}], ids=str)
def test_other_upsampling_is_left_alone(other):
    assert small_of(NearestUpsampling(2)(tf.constant(IMAGES))) is not None
    assert small_of(NearestUpsampling(2, **other)(tf.constant(IMAGES))) is None


def test_what_lies_between_is_not_skipped():
    ours, stock = both(kernel_size=3)
    for between in (tf.nn.relu, lambda images: images[:, :-1], lambda images: images + 1.0):
        folded, plain = (layers[1](between(layers[0](tf.constant(IMAGES)))) for layers in (ours, stock))
        assert_close([folded], [plain], 1e-5)


def test_it_is_folded():
    """Without this the layer could fall back to Keras's everywhere, and nothing would notice."""
    ours, _ = both(kernel_size=3)
    function = tf.function(lambda: ours[1](ours[0](tf.constant(IMAGES))))
    inputs = [
        operation.inputs[1].shape.as_list()
        for operation in function.get_concrete_function().graph.get_operations()
        if operation.type == "Conv2DBackpropInput"
    ]
    assert inputs == [[4, 4, 7, 6]]


def test_the_models_use_it():
    model = BatchNormPoolCAE(latent_dim=None, filters=(4, 6))
    model.build((None, 8, 8, 1))
    graph = tf.function(model).get_concrete_function(tf.TensorSpec((1, 8, 8, 1))).graph
    convolutions = [op for op in graph.get_operations() if op.type == "Conv2DBackpropInput"]
    assert sorted(op.get_attr("strides")[1] for op in convolutions) == [1, 2, 2]


def test_weights_and_configuration_are_those_of_keras(tmp_path):
    ours, stock = both(kernel_size=3)
    assert [weight.name for weight in ours[1].weights] == [weight.name for weight in stock[1].weights]
    for mine, theirs in zip(ours, stock, strict=True):
        assert {**mine.get_config(), "name": None} == {**theirs.get_config(), "name": None}
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), *ours])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))
