"""Models of signals and volumes: parity with stock Keras, sizes, strides and errors, as for images."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import slow_but
from test_parity import assert_same

import keras_cae
from keras_cae import models

SHAPES = {1: (21, 2), 2: (9, 12, 2), 3: (5, 9, 6, 2)}
WORDS = {1: ("signal", "length"), 2: ("image", "height, width"), 3: ("volume", "depth, height, width")}


def data_of(rank, count=12):
    return np.random.default_rng(rank).random((count, *SHAPES[rank]), dtype="float32")


def networks(rank):
    """An encoder and a decoder of stock layers for data of a rank."""
    shape = SHAPES[rank]
    convolution = getattr(keras.layers, f"Conv{rank}D")
    encoder = keras.Sequential(
        [
            keras.Input(shape),
            convolution(4, 3, strides=2, padding="same", kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2, seed=5),
            keras.layers.Dense(6),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(int(np.prod(shape)), activation="sigmoid"),
            keras.layers.Reshape(shape),
        ]
    )
    return encoder, decoder


def trained(rank, ours, weights_of_values, compile_arguments):
    keras.utils.set_random_seed(7)
    data = data_of(rank, 20)
    model = models.CAE(*networks(rank)) if ours else keras.Sequential([keras.Input(SHAPES[rank]), *networks(rank)])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["mae"], **compile_arguments)
    sides = SHAPES[rank][:-1] if weights_of_values else (1,) * rank
    weights = np.random.default_rng(3).random((20, *sides))
    given = weights if weights_of_values or not ours else weights.reshape(20)
    keras.utils.set_random_seed(8)
    fit = {"x": data} if ours else {"x": data, "y": data}
    history = model.fit(**fit, sample_weight=given, batch_size=8, epochs=3, validation_split=0.2, verbose=0).history
    evaluated = model.evaluate(*([data] if ours else [data, data]), verbose=0, return_dict=True)
    return history, model.get_weights(), evaluated


MODES = {"plain": {}, "jit_compile": {"jit_compile": True}, "run_eagerly": {"run_eagerly": True}}


@pytest.mark.parametrize(
    ("mode", "weights_of_values", "rank"),
    [
        ("plain", True, 3),
        pytest.param("plain", False, 1, marks=pytest.mark.slow),
        pytest.param("jit_compile", True, 1, marks=pytest.mark.slow),
        pytest.param("jit_compile", False, 3, marks=pytest.mark.slow),
        pytest.param("run_eagerly", False, 3, marks=pytest.mark.slow),
    ],
)
def test_training_is_that_of_stock_keras(rank, weights_of_values, mode):
    ours, stock = (trained(rank, ours, weights_of_values, MODES[mode]) for ours in (True, False))
    assert_same(ours, stock, atol=1e-4 if mode == "jit_compile" else 1e-6)


@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize("cls", [models.BasicCAE, pytest.param(models.BatchNormPoolCAE, marks=pytest.mark.slow)])
def test_an_architecture_trains_as_its_networks_do_in_stock_keras(cls, rank):
    """This includes the fused layers: the encoder and decoder are graphs, which `keras.Model.fit` can train."""
    data = data_of(rank, 16)
    model = cls(3, filters=(4, 6), rank=rank)
    model.build(data.shape)
    clone = cls(3, filters=(4, 6), rank=rank)
    clone.build(data.shape)
    clone.set_weights(model.get_weights())
    images = keras.Input(SHAPES[rank])
    stock = keras.Model(images, clone.decoder(clone.encoder(images)))
    for each, target in ((model, {}), (stock, {"y": data})):
        each.compile(keras.optimizers.SGD(0.5), "mse")
        each.history_of_fit = each.fit(data, **target, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(model.history_of_fit["loss"], stock.history_of_fit["loss"], rtol=1e-5)
    np.testing.assert_allclose(model.predict(data, verbose=0), stock.predict(data, verbose=0), atol=1e-5)


# Shapes of another rank, and the error messages

REFUSED = [
    (2, (4, 9, 12), [r"\(n, height, width, channels\)", r"images\[\.\.\., None\]", "rank=1"]),
    (2, (4, 5, 9, 6, 2), ["rank=3"]),
    (1, (4, 21), [r"\(n, length, channels\)", r"signals\[\.\.\., None\]", r"signal\[None\]"]),
    (1, (4, 9, 12, 2), ["Signals must be a batch", "rank=2"]),
    (3, (4, 5, 9, 6), [r"volumes\[\.\.\., None\]", r"volume\[None\]", "rank=2"]),
    (3, (4, 21, 2), ["Volumes must be a batch", "rank=1"]),
]


@pytest.mark.parametrize(("rank", "shape", "named"), REFUSED, ids=str)
@pytest.mark.parametrize("built", [False, True])
def test_data_of_another_rank_are_refused_with_the_remedy(rank, shape, named, built):
    model = models.BasicCAE(2, filters=(2, 3), rank=rank)
    model.compile("adam", "mse")
    if built:
        model.build((None, *SHAPES[rank]))
    wrong = np.zeros(shape, "float32")
    for entry in (model.fit, model.predict, model.encode, model, model.build):
        with pytest.raises(ValueError, match=named[0]) as error:
            entry(shape if entry == model.build else wrong)
        for part in named:
            assert error.match(part)


def test_the_rank_of_ones_own_networks_is_that_of_the_encoder():
    assert models.CAE(*networks(1)).rank == 1
    assert models.CAE(*networks(3)).rank == 3
    unbuilt = [keras.Sequential([keras.layers.Dense(2)]) for _ in range(2)]
    assert models.CAE(*unbuilt).rank == 2
    assert models.CAE(*unbuilt, rank=1)(np.zeros((3, 8, 2))).shape == (3, 8, 2)
    with pytest.raises(ValueError, match=r"rank must be 1, the rank of the encoder's input shape .* got 2"):
        models.CAE(*networks(1), rank=2)
    assert models.CAE(*networks(1)).downsampling == (2,)
    assert models.CAE(*networks(3)).downsampling == (2, 2, 2)
    fresh = [keras.Sequential([keras.layers.Dense(2)]) for _ in range(2)]
    with pytest.raises(ValueError, match=r"downsampling .* is unknown"):
        _ = models.CAE(*fresh).downsampling


# Sizes and strides

ARCHITECTURES = [
    (models.BasicCAE, 1),
    (models.BatchNormPoolCAE, 0),
    (models.SkipConnectionCAE, 1),
    (models.ResidualCAE, 0),
    (models.DenoisingCAE, 1),
]
SIZES = {1: [(3 + 1,), (37,), (64,)], 3: [(4, 5, 7), (8, 4, 9)]}


@pytest.mark.parametrize("rank", SIZES)
@pytest.mark.parametrize(("cls", "unhalved"), [pytest.param(*row, marks=pytest.mark.slow) for row in ARCHITECTURES])
def test_one_set_of_weights_serves_every_size(cls, unhalved, rank):
    filters = (2, 3, 4)[unhalved - 1 :]
    filters = (2, 3, 4) if cls is models.SkipConnectionCAE else filters
    arguments = {} if cls is models.DenoisingCAE else {"latent_dim": None}
    model = cls(**arguments, filters=filters, rank=rank)
    model.build((*[None] * (rank + 1), 2))
    for size in SIZES[rank]:
        data = np.random.default_rng(0).random((3, *size, 2), dtype="float32")
        assert model.predict(data, verbose=0).shape == data.shape
        code = model.encode(data).shape[1:-1]
        assert code == tuple(-(-side // factor) for side, factor in zip(size, model.downsampling, strict=True))


@pytest.mark.parametrize(
    ("cls", "rank", "strides", "downsampling"),
    [
        (models.BasicCAE, 2, 2, (4, 4)),
        (models.BasicCAE, 2, 3, (9, 9)),
        (models.BasicCAE, 2, (2, 3), (6, 6)),
        (models.BasicCAE, 2, (2, 1, 3), (6, 6)),
        (models.BasicCAE, 3, ((1, 2, 2), (2, 2, 2)), (2, 4, 4)),
        (models.BasicCAE, 1, [1, [4], 2], (8,)),
        (models.SkipConnectionCAE, 2, ((1, 2), 3), (3, 6)),
        (models.DenoisingCAE, 2, ((2, 1), (1, 3), (1, 1)), (2, 3)),
        (models.BatchNormPoolCAE, 2, 1, (1, 1)),
        (models.BatchNormPoolCAE, 3, ((1, 2, 2), (2, 1, 2), (1, 1, 1)), (2, 2, 4)),
        (models.BatchNormPoolCAE, 1, (2, 3, 1), (6,)),
        (models.ResidualCAE, 2, ((1, 2), (3, 1), 1), (3, 2)),
        (models.ResidualCAE, 3, ((1, 2, 2), 1, (2, 1, 1)), (2, 2, 2)),
        (models.MaskedCAE, 1, (2, 1, 2), (4,)),
    ],
)
@pytest.mark.parametrize("latent_dim", slow_but([3], [None, 3]))
def test_strides(cls, rank, strides, downsampling, latent_dim):
    arguments = {"latent_dim": latent_dim, "filters": (2, 3, 4), "rank": rank, "strides": strides}
    if cls is models.DenoisingCAE:
        del arguments["latent_dim"]
    model = cls(**arguments)
    assert model.downsampling == downsampling
    size = tuple(factor * 2 - 1 if factor > 1 else 5 for factor in downsampling)
    data = np.random.default_rng(0).random((2, *size, 1), dtype="float32")
    assert model(data).shape == data.shape
    features = model._graphs.body.compute_output_shape(data.shape)
    features = features[0] if isinstance(features, list) else features
    if latent_dim is None or cls is models.DenoisingCAE:
        assert tuple(features[1:-1]) == tuple(2 if factor > 1 else 5 for factor in downsampling)
    again = cls.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert again.downsampling == downsampling


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strides": (1, 2, 2), "rank": 3}, r"strides must be .* each of the 2 levels .* use \[\(1, 2, 2\)\] \* 2"),
        ({"strides": ((1, 2), (2, 2, 2))}, r"strides\[1\] must be an integer, or have one for each .*rank=2"),
        ({"strides": ((1, 0), 2)}, r"strides\[0\]\[1\] must be a positive integer, got 0"),
        ({"strides": "2"}, "strides must be a positive integer, got '2'"),
        ({"kernel_size": (3, 3, 3)}, r"kernel_size must be an integer, or have one for each .*rank=2"),
        ({"rank": 4}, "rank must be one of 1, 2, 3, got 4"),
        ({"rank": True}, "rank must be one of 1, 2, 3, got True"),
    ],
)
def test_settings_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        models.BatchNormPoolCAE(2, filters=(2, 3), **arguments)


def test_volumes_that_are_too_small():
    model = models.BatchNormPoolCAE(2, filters=(2, 3), rank=3, strides=((1, 2, 2), (2, 2, 2)))
    with pytest.raises(ValueError, match=r"Volumes of 1×8×8 voxels .* at least 2×4×4 .*downsampling=\(2, 4, 4\)"):
        model.build((None, 1, 8, 8, 1))
    with pytest.raises(ValueError, match=r"Signals of 3 time steps .* at least 4 time steps"):
        models.BatchNormPoolCAE(2, filters=(2, 3), rank=1).build((None, 3, 1))


# Further methods of models


class Normal(keras_cae.layers.Bottleneck):
    """Codes that count as samples of the standard normal distribution."""

    has_prior = True

    def call(self, inputs):
        return inputs

    def draw_codes(self, shape, seed=None):
        return np.random.default_rng(seed).standard_normal(shape, dtype="float32")


@pytest.mark.parametrize("rank", [1, 3])
def test_drawing_of_any_size(rank):
    model = models.BasicCAE(None, filters=(2, 3), bottleneck=Normal(), rank=rank)
    model.build((*[None] * (rank + 1), 2))
    size = (8,) * rank
    assert model.sample(3, seed=0, image_size=size).shape == (3, *size, 2)
    with pytest.raises(ValueError, match=rf"image_size must be the \({WORDS[rank][1]}\) of the {WORDS[rank][0]}s"):
        model.sample(3)


@pytest.mark.parametrize("rank", [1, 3])
def test_penalties_count_the_values_of_signals_and_volumes(rank):
    data = data_of(rank)
    model = models.VariationalCAE(3, filters=(2, 3), rank=rank)
    model.compile("adam", "binary_crossentropy")
    model.fit(data, verbose=0)
    assert model.bottleneck.values_per_image == np.prod(SHAPES[rank])
    logs = model.evaluate(data, verbose=0, return_dict=True)
    expected = logs["reconstruction_loss"] + logs["kl_loss"] / np.prod(SHAPES[rank])
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    assert model.sample(2, seed=0).shape == (2, *SHAPES[rank])
    assert model.log_likelihood(data[:3], samples=2).shape == (3,)


@pytest.mark.parametrize("rank", slow_but([1], [1, 3]))
@pytest.mark.parametrize(
    "bottleneck",
    [
        keras_cae.layers.VectorQuantizer(8, 2),
        keras_cae.layers.FiniteScalarQuantizer((5, 4)),
        keras_cae.layers.SparseBottleneck(),
        keras_cae.layers.ContractiveBottleneck(probes=2),
    ],
    ids=lambda bottleneck: type(bottleneck).__name__,
)
def test_bottlenecks_between_feature_maps(rank, bottleneck):
    bottleneck = type(bottleneck).from_config(bottleneck.get_config())
    data = data_of(rank)
    model = models.BasicCAE(None, filters=(2, 3), bottleneck=bottleneck, rank=rank)
    model.compile("adam", "mse")
    assert np.isfinite(model.fit(data, verbose=0).history["loss"]).all()
    decoded = model.decode(model.encode(data))[(slice(None), *map(slice, SHAPES[rank]))]
    np.testing.assert_allclose(decoded, model.predict(data, verbose=0), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [1, 3])
def test_export(rank, tmp_path):
    data = data_of(rank)
    model = models.BatchNormPoolCAE(None, filters=(2, 3), rank=rank)
    model.build((*[None] * (rank + 1), 2))
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    for part in (data, data[:1], data[:5, 1:]):
        np.testing.assert_allclose(exported.serve(part), model.predict(part, verbose=0), atol=1e-6)


@pytest.mark.parametrize("rank", slow_but([1], [1, 3]))
def test_a_detector_has_maps_of_the_data(rank):
    data = data_of(rank, 24)
    model = models.BasicCAE(3, filters=(2, 3), rank=rank)
    model.compile("adam", "mse")
    model.fit(data, verbose=0)
    detector = keras_cae.anomaly.AnomalyDetector(model, "relative", pooling="top", smoothing=1.0).calibrate(data)
    found = detector.predict(data[:3])
    assert found["anomaly_map"].shape == found["mask"].shape == (3, *SHAPES[rank][:-1])
    masks = np.zeros((3, *SHAPES[rank][:-1]), bool)
    masks[0, :2] = True
    results = detector.evaluate(data[:3], [1, 0, 0], masks)
    assert np.isfinite(results["pixel_auroc"])


@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize("corruption", [keras_cae.layers.RandomOcclusion, keras_cae.layers.StainNoise])
def test_corruptions(rank, corruption):
    data = data_of(rank, 24)
    changed = np.any(np.asarray(corruption(size=(0.3, 0.4), seed=0)(data, training=True)) != data, axis=-1)
    shares = changed.reshape(len(data), -1).mean(axis=1)
    assert 0 < shares.mean() < 0.6


def test_patches_of_signals_and_volumes():
    hidden = np.asarray(keras_cae.layers.RandomPatchMask((2, 3, 4), 0.5, seed=1).draw(np.zeros((9, 4, 7, 8, 1))))
    patches = hidden[:, ::2, ::3, ::4]
    np.testing.assert_array_equal(patches.reshape(9, -1).sum(axis=1), 6)
    whole = patches.repeat(2, axis=1).repeat(3, axis=2).repeat(4, axis=3)[:, :4, :7, :8]
    np.testing.assert_array_equal(hidden, whole)
    hidden = np.asarray(keras_cae.layers.RandomPatchMask(5, 0.5, seed=1).draw(np.zeros((9, 22, 3))))
    np.testing.assert_array_equal(hidden, hidden[:, ::5].repeat(5, axis=1)[:, :22])


@pytest.mark.slow
@pytest.mark.parametrize(("cls", "rank"), [(models.BasicCAE, 1), (models.BatchNormPoolCAE, 3), (models.ResidualCAE, 1)])
def test_they_learn(cls, rank):
    """On smooth held-out data, a model is better than the mean of the training data."""
    generator = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 16 if rank == 1 else 8)] * rank, indexing="ij"), axis=-1)
    phases = generator.random((600, rank)) * 6
    data = (0.5 + 0.4 * np.sin(np.einsum("...d,nd->n...", grid, phases)))[..., None].astype("float32")
    # There are few steps, so moving averages must adapt quickly.
    model = cls(4, filters=(8, 16), rank=rank, **({"momentum": 0.9} if cls is models.BatchNormPoolCAE else {}))
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    model.fit(data[:500], batch_size=32, epochs=8, verbose=0)
    mean_error = np.mean((data[500:] - data[:500].mean(axis=0)) ** 2)
    assert model.evaluate(data[500:], verbose=0) < 0.3 * mean_error
