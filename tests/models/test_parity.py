"""Training matches stock Keras: the same seed, data and network give the same history and weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import slow_but

import keras_cae

SHAPE = (10, 7, 2)
IMAGES = np.random.default_rng(1).random((44, *SHAPE), dtype="float32")
TARGETS = np.random.default_rng(2).random((44, *SHAPE), dtype="float32")
WEIGHTS = np.random.default_rng(3).random((44, 1, 1), dtype="float32")
BATCH = 16  # the last batch has 12


@keras.saving.register_keras_serializable(package="test_parity")
class Penalty(keras.layers.Layer):
    """Adds a penalty on its inputs."""

    def call(self, inputs):
        self.add_loss(0.01 * keras.ops.mean(keras.ops.square(inputs)))
        return inputs


def make_networks():
    """An encoder and a decoder with all features that may affect a training step."""
    layers, size = keras.layers, int(np.prod(SHAPE))
    encoder = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 3, strides=2, padding="same", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.2, seed=5),
            layers.Dense(6),
            Penalty(dtype="float32"),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(size),
            layers.Reshape(SHAPE),
            layers.Activation("sigmoid", dtype="float32"),
        ]
    )
    return encoder, decoder


class Batches(keras.utils.PyDataset):
    """The data as a `PyDataset`, with or without targets."""

    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return -(-len(IMAGES) // BATCH)

    def __getitem__(self, index):
        return tuple(array[index * BATCH : (index + 1) * BATCH] for array in self.arrays)


def dataset(*arrays):
    return tf.data.Dataset.from_tensor_slices(arrays).batch(BATCH)


def only_images():
    return tf.data.Dataset.from_tensor_slices(IMAGES).batch(BATCH)


# The arguments of our `fit` and of the stock `fit`, by name.
DATA = {
    "x": ({"x": IMAGES}, {"x": IMAGES, "y": IMAGES}),
    "x, y": ({"x": IMAGES, "y": TARGETS}, {"x": IMAGES, "y": TARGETS}),
    "x, y, sample_weight": (
        {"x": IMAGES, "y": TARGETS, "sample_weight": WEIGHTS[:, 0, 0]},
        {"x": IMAGES, "y": TARGETS, "sample_weight": WEIGHTS},
    ),
    "x, sample_weight": (
        {"x": IMAGES, "sample_weight": WEIGHTS[:, 0]},
        {"x": IMAGES, "y": IMAGES, "sample_weight": WEIGHTS},
    ),
    "dataset of x": ({"x": only_images()}, {"x": dataset(IMAGES, IMAGES)}),
    "dataset of (x,)": ({"x": dataset(IMAGES)}, {"x": dataset(IMAGES, IMAGES)}),
    "dataset of (x, y)": ({"x": dataset(IMAGES, TARGETS)}, {"x": dataset(IMAGES, TARGETS)}),
    "dataset of (x, y, sample_weight)": (
        {"x": dataset(IMAGES, TARGETS, WEIGHTS[:, 0, 0])},
        {"x": dataset(IMAGES, TARGETS, WEIGHTS)},
    ),
    "PyDataset of (x,)": (
        {"x": Batches(IMAGES), "shuffle": False},
        {"x": Batches(IMAGES, IMAGES), "shuffle": False},
    ),
    "PyDataset of (x, y)": (
        {"x": Batches(IMAGES, TARGETS), "shuffle": False},
        {"x": Batches(IMAGES, TARGETS), "shuffle": False},
    ),
    "validation_split": (
        {"x": IMAGES, "validation_split": 0.25},
        {"x": IMAGES, "y": IMAGES, "validation_split": 0.25},
    ),
    "validation_split, sample_weight": (
        {"x": IMAGES, "validation_split": 0.25, "sample_weight": WEIGHTS[:, 0, 0]},
        {"x": IMAGES, "y": IMAGES, "validation_split": 0.25, "sample_weight": WEIGHTS},
    ),
    "validation array": (
        {"x": IMAGES, "validation_data": TARGETS},
        {"x": IMAGES, "y": IMAGES, "validation_data": (TARGETS, TARGETS)},
    ),
    "validation (x, y)": (
        {"x": IMAGES, "validation_data": (TARGETS, IMAGES)},
        {"x": IMAGES, "y": IMAGES, "validation_data": (TARGETS, IMAGES)},
    ),
    "validation (x, None, sample_weight)": (
        {"x": IMAGES, "validation_data": (TARGETS, None, WEIGHTS[:, 0, 0])},
        {"x": IMAGES, "y": IMAGES, "validation_data": (TARGETS, TARGETS, WEIGHTS)},
    ),
    "validation dataset": (
        {"x": IMAGES, "validation_data": dataset(TARGETS)},
        {"x": IMAGES, "y": IMAGES, "validation_data": dataset(TARGETS, TARGETS)},
    ),
}

# The dtype policy, further arguments of `compile`, and the arguments of Adam, by name.
MODES = {
    "metrics": (
        "float32",
        {"metrics": ["mae", keras_cae.metrics.PSNR, keras_cae.metrics.SSIM], "weighted_metrics": ["mse"]},
        {},
    ),
    "run_eagerly": ("float32", {"run_eagerly": True}, {}),
    "jit_compile": ("float32", {"jit_compile": True}, {}),
    "steps_per_execution": ("float32", {"steps_per_execution": 4}, {}),
    "gradient_accumulation": ("float32", {}, {"gradient_accumulation_steps": 2}),
    "optimizer": ("float32", {}, {"use_ema": True, "ema_momentum": 0.5, "clipnorm": 0.01, "loss_scale_factor": 128.0}),
    "mixed_bfloat16": ("mixed_bfloat16", {}, {}),
    "mixed_float16": ("mixed_float16", {}, {}),
}


def train(ours, fit, policy="float32", compile_arguments=(), adam=()):
    """The history, the weights and the result of `evaluate`, for our model or the stock one."""
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(7)
    networks = make_networks()
    model = keras_cae.models.CAE(*networks) if ours else keras.Sequential([keras.Input(SHAPE), *networks])
    arguments = dict(compile_arguments)
    if "metrics" in arguments:
        arguments["metrics"] = [m() if isinstance(m, type) else m for m in arguments["metrics"]]
    model.compile(keras.optimizers.Adam(0.01, **dict(adam)), loss="binary_crossentropy", **arguments)
    keras.utils.set_random_seed(8)
    batch_size = BATCH if isinstance(fit["x"], np.ndarray) else None
    history = model.fit(**fit, batch_size=batch_size, epochs=3, verbose=0).history
    # The same data for all kinds of input.
    of_a_mode = policy != "float32" or compile_arguments or adam
    evaluated = (
        model.evaluate(*([IMAGES] if ours else [IMAGES, IMAGES]), verbose=0, return_dict=True) if of_a_mode else {}
    )
    return history, model.get_weights(), evaluated


def assert_same(ours, stock, atol=1e-6):
    assert set(ours[0]) == set(stock[0])
    for name, values in stock[0].items():
        np.testing.assert_allclose(ours[0][name], values, rtol=1e-5, err_msg=name)
    for our_weight, weight in zip(ours[1], stock[1], strict=True):
        np.testing.assert_allclose(our_weight, weight, rtol=1e-5, atol=atol)
    assert ours[2] == pytest.approx(stock[2], rel=1e-5)


QUICK_DATA = (
    "x, sample_weight",
    "dataset of (x, y, sample_weight)",
    "validation_split, sample_weight",
)


@pytest.mark.parametrize("data", slow_but(QUICK_DATA, DATA))
def test_every_kind_of_data_trains_as_stock_keras(data):
    ours, stock = DATA[data]
    assert_same(train(True, ours), train(False, stock))


SLOW_MODES = (
    "gradient_accumulation",
    "metrics",
    "mixed_float16",
    "steps_per_execution",
    "jit_compile",
    "optimizer",
    "mixed_bfloat16",
)


@pytest.mark.parametrize(
    "mode",
    [pytest.param(mode, marks=pytest.mark.slow if mode in SLOW_MODES else ()) for mode in MODES],
)
def test_every_mode_trains_as_stock_keras(mode):
    weighted = {"x": IMAGES, "y": TARGETS, "validation_split": 0.25}
    ours = {**weighted, "sample_weight": WEIGHTS[:, 0, 0]}
    stock = {**weighted, "sample_weight": WEIGHTS}
    policy, compile_arguments, adam = MODES[mode]
    assert_same(
        train(True, ours, policy, compile_arguments, adam),
        train(False, stock, policy, compile_arguments, adam),
        # The gradient of a bias before batch normalization consists only of rounding errors. Under XLA, these differ
        # between graphs, and Adam scales them up to at most 1 % of a step.
        atol=1e-4 if mode == "jit_compile" else 1e-6,
    )


@pytest.mark.slow
def test_the_matrix_can_fail():
    """The comparison detects a difference as small as the weight of one image."""
    weights = np.ones(len(IMAGES), "float32")
    weights[3] = 0.9
    ours = train(True, {"x": IMAGES, "sample_weight": weights})
    with pytest.raises(AssertionError):
        assert_same(ours, train(False, {"x": IMAGES, "y": IMAGES}))
