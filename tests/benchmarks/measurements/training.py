"""The time of an epoch of training, compared with stock Keras and PyTorch.

All competitors train on float32 images; keras_cae also trains on uint8 images, which it scales itself. PyTorch runs
eagerly, with its tensors in each memory layout of their rank, and with `--compiled` also through `torch.compile`. If
the processor accelerates bfloat16, keras_cae is also measured under "mixed_bfloat16" and PyTorch under autocast.

The floor is the time of the gradients and of Adam alone, in a loop in one compiled function, on a batch in memory.
The fraction of the peak is the rate of floating-point operations in the convolutions and dense layers of training,
relative to that of products of large float32 matrices in the same rounds.

Use thousands of images: with few images, glibc may return memory to the system in every step of PyTorch, which then
takes twice as long.
"""

import contextlib
import importlib.util
import statistics
from functools import partial

import keras
import tensorflow as tf
from alone import alone
from architectures import ARCHITECTURES, make_ours, make_stock, parameters, train
from floating_point import make_matrix_product, training_operations
from measured_images import byte_images, float_images
from rounds import interleaved, medians, ratio, ratios, timed, warm_up
from tables import print_table

from keras_cae import recommended_dtype_policy

ROUNDS = 11
MODELS = tuple(ARCHITECTURES)
COLUMNS = ("model", "by", "time, s", "/ ours", "processor time, s", "/ ours", "of the peak", "peak, GFLOP/s")
LAYOUTS = {
    1: ("contiguous_format",),
    2: ("contiguous_format", "channels_last"),
    3: ("contiguous_format", "channels_last_3d"),
}
"""The memory layouts of PyTorch's tensors for signals, images and volumes."""
TORCH = importlib.util.find_spec("torch") is not None
HALF = recommended_dtype_policy() == "mixed_bfloat16"


def measure(options):
    if not TORCH:
        print('PyTorch is omitted, because it is not installed. Install it with: pip install -e ".[bench]"\n')
    rows = (row for name in options.model for row in alone(options, compare, name))
    print_table(COLUMNS, rows, labels=2)


def compare(name, options):
    """Return the rows of a model."""
    images = float_images(options)
    shape = images.shape[1:]
    ours, stock = (make(name, shape, options.latent_dim) for make in (make_ours, make_stock))
    ours.build(images.shape)
    assert parameters(ours) == parameters(stock)
    competitors = {
        "keras_cae": partial(train, ours, images, options.batch_size),
        "keras_cae, uint8": partial(train, ours, byte_images(options), options.batch_size),
        "stock Keras": partial(train, stock, images, options.batch_size),
        "floor": make_floor(make_ours(name, shape, options.latent_dim), images, options.batch_size),
    }
    if HALF:
        with half_precision():
            half = make_ours(name, shape, options.latent_dim)
            half.build(images.shape)
        competitors["keras_cae, bfloat16"] = partial(train, half, images, options.batch_size)
    if TORCH:
        competitors |= torch_competitors(name, images, options, parameters(stock))
    multiply, product_operations = make_matrix_product()
    times = run({**competitors, "product": multiply}, options.rounds)
    peaks = [product_operations / each.clock for each in times.pop("product")]
    operations = len(images) * training_operations(stock)
    return [row(name, by, times, operations, peaks) for by in times]


def run(competitors, rounds):
    competitors = {name: partial(timed, function) for name, function in competitors.items()}
    warm_up(competitors)
    return interleaved(competitors, rounds)


def row(name, by, times, operations, peaks):
    clock, processors = medians(times[by])
    clock_ratio, processors_ratio = ratios(times[by], times["keras_cae"])
    rates = [operations / each.clock for each in times[by]]
    peak = round(statistics.median(peaks) / 1e9)
    return (name, by, clock, clock_ratio, processors, processors_ratio, ratio(rates, peaks), peak)


def torch_competitors(name, images, options, expected_parameters):
    # Imported here, because torch is optional.
    import torch
    import torch_networks
    from torch_training import make_epoch

    layouts = LAYOUTS[images.ndim - 2]
    variants = [(layout, False, False) for layout in layouts]
    variants += [(layouts[-1], True, False)] * options.compiled + [(layouts[-1], False, True)] * HALF
    variants += [(layouts[-1], True, True)] * (options.compiled and HALF)
    competitors = {}
    for layout, compiled, half in variants:
        network = getattr(torch_networks, ARCHITECTURES[name])(images.shape[1:], options.latent_dim)
        assert sum(weights.numel() for weights in network.parameters()) == expected_parameters
        title = f"PyTorch, {layout.removesuffix('_format').replace('_', ' ')}"
        title += ", compiled" * compiled + ", bfloat16" * half
        competitors[title] = make_epoch(network, images, options.batch_size, getattr(torch, layout), compiled, half)
    return competitors


def make_floor(model, images, batch_size):
    """A function that computes as many gradients as an epoch has batches, and changes the weights with Adam."""
    model.build(images.shape)
    variables, optimizer = model.trainable_variables, keras.optimizers.Adam()
    optimizer.build(variables)
    batch, steps = tf.constant(images[:batch_size]), -(-len(images) // batch_size)

    @tf.function(autograph=False)
    def epoch():
        def step(done):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(batch, training=True) - batch))
            gradients = tape.gradient(loss, variables)
            optimizer.apply_gradients([pair for pair in zip(gradients, variables, strict=True) if pair[0] is not None])
            return done + 1

        tf.while_loop(lambda done: done < steps, step, [tf.constant(0)])

    return epoch


@contextlib.contextmanager
def half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")
