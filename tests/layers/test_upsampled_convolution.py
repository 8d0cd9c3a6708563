"""The upsampled convolution is equivalent to two layers of Keras: outputs, gradients, precisions and ranks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cae.layers.upsampled_conv_block import UpsampledConvBlock
from keras_cae.layers.upsampled_convolution import UpsampledConvolution
from keras_cae.models import BatchNormPoolCAE, ResidualCAE

DATA = {
    rank: np.random.default_rng(0).normal(size=shape).astype("float32")
    for rank, shape in {1: (3, 5, 6), 2: (3, 5, 4, 6), 3: (2, 3, 4, 2, 5)}.items()
}
CONFIGURATIONS = [
    *((2, size, factor) for size in (1, 2, 3, 4, 5, (2, 5)) for factor in (1, 2, 3, (2, 1), (1, 4))),
    *((1, size, factor) for size in (1, 2, 3, 6) for factor in (1, 2, 5)),
    *((3, size, factor) for size in (1, 3, (2, 3, 1)) for factor in (2, (1, 2, 3))),
]


def both(rank, kernel_size, upsampling, policy="float32"):
    """The layer, and two layers of Keras with the same weights."""
    ours = UpsampledConvolution(7, rank=rank, kernel_size=kernel_size, upsampling=upsampling, dtype=policy)
    ours.build(DATA[rank].shape)
    ours.bias.assign(np.arange(7) / 7)
    size = upsampling[0] if rank == 1 and isinstance(upsampling, tuple) else upsampling
    upsample = getattr(keras.layers, f"UpSampling{rank}D")(size, dtype=policy)
    convolution = getattr(keras.layers, f"Conv{rank}DTranspose")(7, kernel_size, padding="same", dtype=policy)
    convolution.build(upsample.compute_output_shape(DATA[rank].shape))
    assert [(w.name, w.shape) for w in ours.weights] == [(w.name, w.shape) for w in convolution.weights]
    convolution.set_weights(ours.get_weights())
    return (lambda data: ours(data), ours), (lambda data: convolution(upsample(data)), convolution)


def run(function, layer, data):
    data = tf.cast(data, layer.compute_dtype)
    with tf.GradientTape() as tape:
        tape.watch(data)
        outputs = function(data)
        loss = tf.reduce_sum(tf.cast(outputs, "float32") ** 3)
    return [outputs, *tape.gradient(loss, [data, *layer.trainable_weights])]


def assert_close(ours, stock, tolerance):
    for our_value, value in zip(ours, stock, strict=True):
        assert our_value.dtype == value.dtype
        our_value, value = (np.asarray(tf.cast(v, "float32")) for v in (our_value, value))
        np.testing.assert_allclose(our_value, value, rtol=tolerance, atol=tolerance * np.abs(value).max())


@pytest.mark.parametrize(("rank", "kernel_size", "upsampling"), CONFIGURATIONS, ids=str)
def test_the_same_numbers(rank, kernel_size, upsampling):
    ours, stock = both(rank, kernel_size, upsampling)
    assert_close(run(*ours, DATA[rank]), run(*stock, DATA[rank]), 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("rank", DATA)
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    ("policy", "tolerance"),
    [("float32", 1e-5), ("float64", 1e-6), ("mixed_bfloat16", 0.05), ("mixed_float16", 0.01)],
)
def test_the_same_numbers_in_every_precision(rank, policy, tolerance, jit_compile):
    ours, stock = (
        tf.function(lambda way=way: run(*way, DATA[rank]), jit_compile=jit_compile)()
        for way in both(rank, 3, 2, policy)
    )
    assert_close(ours, stock, tolerance)


@pytest.mark.parametrize("rank", DATA)
def test_sizes_that_are_known_only_at_run_time(rank):
    (ours, _), (stock, _) = both(rank, 3, 2)
    data = DATA[rank]
    free = tf.function(ours, input_signature=[tf.TensorSpec((*[None] * (rank + 1), data.shape[-1]))])
    assert free.get_concrete_function().output_shapes.as_list() == [*[None] * (rank + 1), 7]
    assert_close([free(data)], [stock(data)], 1e-5)


def transposed_convolutions(function, shape):
    graph = tf.function(function).get_concrete_function(tf.TensorSpec(shape)).graph
    return [op for op in graph.get_operations() if "BackpropInput" in op.type]


@pytest.mark.parametrize("rank", DATA)
def test_it_is_one_operation_on_the_small_maps(rank):
    (ours, _), _ = both(rank, 3, 2)
    (operation,) = transposed_convolutions(ours, DATA[rank].shape)
    kernel = [side for side in operation.inputs[1].shape if side != 1]
    assert kernel == [*[4] * rank, 7, DATA[rank].shape[-1]]


@pytest.mark.parametrize(("cls", "expected"), [(BatchNormPoolCAE, [1, 2, 2]), (ResidualCAE, [1, 2, 2])])
@pytest.mark.parametrize("rank", DATA)
def test_the_models_use_it(cls, expected, rank):
    model = cls(latent_dim=None, filters=(4, 6), rank=rank)
    shape = (1, *[8] * rank, 1)
    model.build(shape)
    strides = [max(operation.get_attr("strides")) for operation in transposed_convolutions(model, shape)]
    assert sorted(strides) == expected
    graph = tf.function(model).get_concrete_function(tf.TensorSpec(shape)).graph
    upsampled = [op.name for op in graph.get_operations() if "up_sampling" in op.name]
    assert all("shortcut" in name for name in upsampled)


def test_a_block_is_the_layers_one_after_another():
    block = UpsampledConvBlock(3, upsampling=(2, 3), activation="tanh", kernel_size=(3, 2))
    outputs = block(DATA[2])
    kernel, bias = block.get_weights()
    upsampled = np.repeat(np.repeat(DATA[2], 2, 1), 3, 2)
    expected = keras.ops.tanh(keras.ops.conv_transpose(upsampled, kernel, 1, "same") + bias)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("argument", "value"), [("kernel_size", (3, 3, 3)), ("upsampling", (2,)), ("rank", 4)])
def test_wrong_arguments(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be"):
        UpsampledConvolution(2, **{argument: value}).build((1, 4, 4, 1))
