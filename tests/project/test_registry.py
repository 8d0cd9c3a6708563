"""All public classes pass the checks of their kind. A class that is missing from the table fails."""

import importlib
import inspect
import json
import math

import keras
import numpy as np
import pytest
from checks import (
    check_autoencoder,
    check_config,
    check_docstring,
    check_layer,
    check_layer_saving,
    check_precisions,
    check_table,
    check_trains,
)
from scipy import ndimage

import keras_cae
from keras_cae import anomaly, callbacks, layers, losses, metrics, models, optimizers, samplers

# A small batch of signals, images or volumes, with odd sides that all differ and two channels, by rank.
DATA = {
    rank: np.random.default_rng(0).random(shape, dtype="float32")
    for rank, shape in {1: (10, 21, 2), 2: (10, 9, 12, 2), 3: (10, 3, 9, 6, 2)}.items()
}
NAMESPACES = ("anomaly", "callbacks", "layers", "losses", "metrics", "models", "optimizers", "plots", "samplers")


def pyramid(filters, **more):
    return {
        "latent_dim": 3,
        "filters": filters,
        "rank": 3,
        "kernel_size": (3, 1, 5),
        "strides": ((1, 2, 1), (1, 1, 2), (1, 2, 1), (1, 1, 1))[: len(filters)],
        "activation": keras.layers.PReLU(),
        "output_activation": "tanh",
        "corruption": keras.layers.GaussianNoise(0.1, seed=1),
        "normalizer": keras.layers.Normalization(),
        **more,
    }


def with_bottleneck(filters, **more):
    return pyramid(filters, bottleneck=keras.layers.Activation("tanh"), **more)


def convolutional(filters, **more):
    """The shape for a model without a dense code, whose images may have any size."""
    arguments = pyramid(filters, activation=shared_prelu(3), **more)
    del arguments["latent_dim"]
    return arguments


def shared_prelu(rank):
    return keras.layers.PReLU(shared_axes=list(range(1, rank + 1)))


def without(name, arguments):
    return {key: value for key, value in arguments.items() if key != name}


def networks(shape=(9, 12, 2)):
    encoder = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(3)])
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Dense(math.prod(shape)), keras.layers.Reshape(shape)])
    return {"encoder": encoder, "decoder": decoder}


# A function that creates an object with non-default values of all arguments, by class.
# The table of callbacks is in tests/callbacks/test_every_callback.py.
ARGUMENTS = {
    anomaly.AnomalyDetector: lambda: {
        "autoencoder": models.CAE(**networks()),
        "score": anomaly.Combined(["mae", "ssim"]),
        "pooling": "top",
        "top": 0.1,
        "smoothing": 1.0,
        "resize": "pad",
        "image_size": (8, 6),
    },
    anomaly.Combined: lambda: {"scores": ("latent", anomaly.StandardizedScore(floor=0.2))},
    anomaly.ELBOScore: lambda: {"likelihood": "gaussian"},
    anomaly.FunctionScore: lambda: {"function": keras.losses.mean_absolute_error},
    anomaly.LatentScore: dict,
    anomaly.MAEScore: dict,
    anomaly.MSEScore: dict,
    anomaly.RelativeScore: lambda: {"exponent": "fitted", "typicality": False},
    anomaly.SSIMScore: dict,
    anomaly.StandardizedScore: lambda: {"floor": 0.2},
    layers.AdversarialBottleneck: lambda: {
        "latent_dim": 3,
        "adversarial_weight": 0.5,
        "units": (7, 5),
        "seed": 7,
    },
    layers.ConvBlock: lambda: {
        "filters": 3,
        "rank": 3,
        "kernel_size": (3, 1, 5),
        "strides": (1, 2, 2),
        "activation": keras.layers.PReLU(),
        "normalization": "batch",
        "pool_size": (2, 1, 2),
        "momentum": 0.8,
    },
    layers.ContractiveBottleneck: lambda: {"weight": 0.5, "probes": 2, "seed": 7},
    layers.FiniteScalarQuantizer: lambda: {"levels": (5, 4)},
    layers.FusedBatchNormalization: lambda: {"momentum": 0.5, "epsilon": 0.01},
    layers.GaussianBottleneck: lambda: {
        "latent_dim": 3,
        "beta": 0.5,
        "free_bits": 0.1,
        "values_per_image": 216,
        "seed": 7,
    },
    layers.SparseBottleneck: lambda: {"penalty": "l1", "weight": 0.5, "target": 0.2},
    layers.MMDBottleneck: lambda: {"mmd_weight": 0.5, "kernel": "rbf"},
    layers.Penalty: lambda: {"weight": 0.5, "name": "quality"},
    layers.RandomOcclusion: lambda: {
        "count": 2,
        "size": (0.2, 0.3),
        "shapes": ("box", "blob"),
        "textures": ("noise",),
        "opacity": (0.5, 0.6),
        "noise": 0.1,
        "keep_noise": True,
        "seed": 7,
    },
    layers.StainNoise: lambda: {
        "size": (0.2, 0.3),
        "irregularity": 0.1,
        "opacity": (0.5, 0.6),
        "noise": 0.1,
        "keep_noise": True,
        "seed": 7,
    },
    layers.BlindSpots: lambda: {
        "ratio": 0.1,
        "replacement": "uniform",
        "radius": 2,
        "structured_mask": [[[0, 1, 1]]],
        "seed": 7,
    },
    layers.Blur: lambda: {"sigma": (0.5, 0.6), "seed": 7},
    layers.Downsample: lambda: {"factor": (1, 2, 3), "interpolation": "linear"},
    layers.JPEGArtifacts: lambda: {"quality": (10, 20), "subsampling": False, "max_value": 2.0, "seed": 7},
    layers.PoissonNoise: lambda: {"peak": (5.0, 20.0), "max_value": 2.0, "seed": 7},
    layers.RandomGaussianNoise: lambda: {"low": 0.1, "high": 0.2, "max_value": 2.0, "seed": 7},
    layers.SaltAndPepper: lambda: {"ratio": 0.3, "salt": 0.2, "min_value": -1.0, "max_value": 2.0, "seed": 7},
    layers.RandomPatchMask: lambda: {"patch_size": 2, "ratio": 0.4, "loss_on": "hidden", "seed": 7},
    layers.ResidualBlock: lambda: {
        "filters": 6,
        "rank": 3,
        "kernel_size": (3, 1, 5),
        "strides": (1, 2, 2),
        "upsampling": "transposed",
        "activation": keras.layers.PReLU(),
        "groups": 2,
    },
    layers.TransposedConvBlock: lambda: {
        "filters": 3,
        "rank": 3,
        "kernel_size": (3, 1, 5),
        "strides": (1, 2, 2),
        "activation": "elu",
        "normalization": "batch",
        "upsampling": (1, 2, 1),
        "momentum": 0.8,
    },
    layers.VectorQuantizer: lambda: {
        "codebook_size": 7,
        "code_dim": 2,
        "commitment_weight": 0.5,
        "decay": 0.9,
        "revival_threshold": 0.2,
        "seed": 7,
    },
    losses.SSIM: lambda: {"max_value": 2.0, "name": "quality"},
    losses.MultiScaleSSIM: lambda: {"max_value": 2.0, "name": "quality"},
    losses.Charbonnier: lambda: {"epsilon": 0.01, "max_value": 2.0, "name": "quality"},
    losses.TotalVariation: lambda: {"max_value": 2.0, "name": "quality"},
    losses.Weighted: lambda: {
        "losses": ("mse", keras.losses.BinaryCrossentropy(label_smoothing=0.1), losses.SSIM(max_value=2.0)),
        "weights": (0.5, 0.2, 0.3),
        "name": "quality",
    },
    metrics.AUPRO: lambda: {"limit": 0.1, "name": "quality"},
    metrics.ActiveUnits: lambda: {"latent_dim": 3, "threshold": 0.1, "name": "quality"},
    metrics.MultiScaleSSIM: lambda: {"max_value": 2.0, "name": "quality"},
    metrics.CodebookUsage: lambda: {"codebook_size": 7, "name": "quality"},
    metrics.Perplexity: lambda: {"codebook_size": 7, "name": "quality"},
    metrics.PSNR: lambda: {"max_value": 2.0, "name": "quality"},
    metrics.SSIM: lambda: {"max_value": 2.0, "name": "quality"},
    optimizers.Muon: lambda: {
        "learning_rate": 0.01,
        "momentum": 0.8,
        "iterations_per_step": 3,
        "smallest_side": 4,
        "name": "quick",
    },
    models.CAE: lambda: {
        **networks(),
        "bottleneck": keras.layers.Activation("tanh"),
        "corruption": keras.layers.Dropout(0.2, seed=1),
        "rank": 2,
        "normalizer": keras.layers.Normalization(),
    },
    models.AdversarialCAE: lambda: pyramid((2, 3, 4), adversarial_weight=0.002, discriminator_units=(7, 5), seed=7),
    models.BasicCAE: lambda: with_bottleneck((2, 3, 4)),
    models.BatchNormPoolCAE: lambda: with_bottleneck((2, 3, 4), momentum=0.8),
    models.SkipConnectionCAE: lambda: with_bottleneck((2, 3, 4, 5), merge="concatenate"),
    models.DenoisingCAE: lambda: without(
        "latent_dim",
        with_bottleneck((3, 4, 5), convs_per_level=1, activation=shared_prelu(3)),
    ),
    models.BlindSpotCAE: lambda: without(
        "latent_dim",
        with_bottleneck(
            (3, 4, 5),
            convs_per_level=1,
            method="masking",
            ratio=0.1,
            replacement="uniform",
            structured_mask=[[[1, 1, 1]]],
            outermost_skip=False,
            blurred_pooling=True,
            patch_size=None,
            activation=shared_prelu(3),
            seed=7,
        ),
    ),
    models.MaskedCAE: lambda: with_bottleneck(
        (4,), blocks_per_level=2, upsampling="transposed", patch_size=2, ratio=0.4, seed=7
    ),
    models.ResidualCAE: lambda: with_bottleneck((4,), blocks_per_level=2, upsampling="transposed"),
    models.VariationalCAE: lambda: pyramid((2, 3, 4), beta=0.5, free_bits=0.1, seed=7),
    models.VectorQuantizedCAE: lambda: convolutional(
        (2, 3, 4),
        codebook_size=20,
        code_dim=2,
        levels=(5, 4),
        commitment_weight=0.5,
        decay=0.9,
        seed=7,
    ),
    models.WassersteinCAE: lambda: pyramid((2, 3, 4), mmd_weight=0.5, kernel="rbf"),
}
# Of callbacks, tests/callbacks/test_every_callback.py has the table.
WITHOUT_CONFIG = {
    *(cls for cls in map(vars(callbacks).get, callbacks.__all__) if inspect.isclass(cls)),
    samplers.GaussianMixtureSampler,
    samplers.NormalSampler,
    # Base classes for extensions.
    anomaly.Score,
    layers.Bottleneck,
    layers.Corruption,
    losses.ImageLoss,
    metrics.ImageMetric,
    models.PyramidCAE,
}
# The arguments that differ from these in tests of all models, by class.
SWEPT_WITH = {models.VectorQuantizedCAE: {"levels": None}}


def swept(cls, rank):
    """The arguments of a class for data of a rank."""
    arguments = {**ARGUMENTS[cls](), **SWEPT_WITH.get(cls, {})}
    if "normalizer" in arguments and rank == 2:  # for images; signals and volumes have one
        arguments["normalizer"] = None
    if "structured_mask" in arguments:
        arguments["structured_mask"] = np.ones((1,) * (rank - 1) + (3,))
    if cls is layers.Downsample:
        arguments["factor"] = 2
    if cls is models.CAE:
        return {**arguments, **networks(DATA[rank].shape[1:]), "rank": rank}
    if "rank" not in arguments or rank == arguments["rank"]:
        return arguments
    arguments |= {"rank": rank, "kernel_size": 5, "strides": 2}
    for name in {"pool_size", "upsampling"} & set(arguments):
        arguments[name] = 2 if isinstance(arguments[name], tuple) else arguments[name]
    if isinstance(arguments["activation"], keras.layers.PReLU) and arguments["activation"].shared_axes:
        arguments["activation"] = shared_prelu(rank)
    return arguments


def to_learn(cls, rank):
    """Images that a model of a class can learn. Noise is not suitable, because hidden pixels can't be predicted."""
    images = DATA[rank]
    if cls is models.BlindSpotCAE:
        images = ndimage.gaussian_filter(images, (0, *[2] * rank, 0), mode="wrap")
    return np.tile(images, (4, *[1] * (rank + 1)))


PUBLIC = {
    getattr(module, name)
    for module in (importlib.import_module(f"keras_cae.{namespace}") for namespace in NAMESPACES)
    for name in module.__all__
}
# One is not for images, and one is always in float32.
OTHER_LAYERS = (layers.AdversarialBottleneck, layers.Penalty)
LAYERS = [cls for cls in ARGUMENTS if cls.__module__.startswith("keras_cae.layers") and cls not in OTHER_LAYERS]
AUTOENCODERS = [cls for cls in ARGUMENTS if issubclass(cls, models.CAE)]


def ids(classes):
    return [cls.__name__ for cls in classes]


@pytest.mark.tables
def test_the_table_names_every_public_class():
    classes = {cls for cls in PUBLIC if inspect.isclass(cls)}
    where = (
        "ARGUMENTS in tests/project/test_registry.py, with a value other than the default for every argument (a base "
        "without a configuration: to WITHOUT_CONFIG)"
    )
    check_table(classes, set(ARGUMENTS) | WITHOUT_CONFIG, where)


@pytest.mark.parametrize("cls", sorted(PUBLIC, key=lambda cls: cls.__name__), ids=lambda cls: cls.__name__)
def test_docstring_and_file(cls):
    check_docstring(cls)
    module = cls.__module__.rsplit(".", 1)[-1]
    name = cls.__name__.lower().replace("_", "")
    assert module.replace("_", "") == name, "a file is named after its class or function"


@pytest.mark.parametrize("cls", ARGUMENTS, ids=ids(ARGUMENTS))
def test_config(cls):
    check_config(cls, ARGUMENTS[cls]())


@pytest.mark.parametrize(
    ("cls", "rank"),
    [
        pytest.param(cls, rank, marks=pytest.mark.slow if rank == 3 else ())
        for cls in LAYERS
        for rank in DATA
        if rank == 2 or cls is not layers.JPEGArtifacts
    ],
)
def test_layer(cls, rank, tmp_path):
    def make(**kwargs):
        arguments = swept(cls, rank)
        if "activation" in arguments:  # a layer passed as an object has its own precision
            arguments["activation"] = "relu"
        return cls(**arguments, **kwargs)

    check_layer(make, DATA[rank])
    check_layer_saving(make, DATA[rank], tmp_path)


# One class for each kind of networks and codes. The others have separate test files for their specific properties.
QUICK = (models.CAE, models.BasicCAE, models.BatchNormPoolCAE, models.DenoisingCAE, models.VectorQuantizedCAE)
# Their layers have special kernels for signals and volumes.
OF_ITS_OWN = models.BatchNormPoolCAE
# Signals and volumes share code, so only one model of each kind of networks is tested with both.
IN_EVERY_RANK = (models.BasicCAE, models.BatchNormPoolCAE, models.DenoisingCAE)
# Losses that compute more than a mean of squares, in which small values vanish in float16.
SMALL_NUMBERS = (models.BatchNormPoolCAE, models.VariationalCAE, models.AdversarialCAE, models.VectorQuantizedCAE)
# Models with different steps and networks: noise, masks, feature maps, a second optimizer, and codes.
OF_A_KIND = (
    models.SkipConnectionCAE,
    models.DenoisingCAE,
    models.BlindSpotCAE,
    models.MaskedCAE,
    models.AdversarialCAE,
    models.VectorQuantizedCAE,
)
# The others share their networks with one of these.
IN_VOLUMES = (models.CAE, models.BasicCAE, models.BatchNormPoolCAE, *OF_A_KIND[:4])


def autoencoders_of_ranks(pairs, quick=()):
    """Parametrize a test by classes and ranks. All except the quick ones are marked as slow."""
    return pytest.mark.parametrize(
        ("cls", "rank"),
        [
            pytest.param(cls, rank, id=f"{cls.__name__}-{rank}", marks=() if (cls, rank) in quick else pytest.mark.slow)
            for cls, rank in pairs
        ],
    )


class TestAutoencoder:
    @autoencoders_of_ranks(
        [
            (cls, rank)
            for cls in AUTOENCODERS
            for rank in DATA
            if rank == 2 or cls in (IN_EVERY_RANK if rank == 1 else IN_VOLUMES)
        ],
        quick=[(cls, 2) for cls in QUICK],
    )
    def test_data_flow_training_and_saving(self, cls, rank, tmp_path):
        data = DATA[rank]
        model = check_autoencoder(lambda: cls(**swept(cls, rank)), data)
        assert model.rank == rank
        check_trains(model, to_learn(cls, rank))
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))
        if cls is not models.CAE:  # whose networks know the batch size only before
            assert json.dumps(loaded.get_config()) == json.dumps(model.get_config())

    @autoencoders_of_ranks([*((cls, 2) for cls in OF_A_KIND), (OF_ITS_OWN, 1), (OF_ITS_OWN, 3)])
    def test_trains_in_half_precision(self, cls, rank):
        keras.config.set_dtype_policy("mixed_bfloat16")
        check_trains(cls(**swept(cls, rank)), to_learn(cls, rank))

    @pytest.mark.slow
    @pytest.mark.parametrize("cls", SMALL_NUMBERS)
    def test_trains_with_losses_that_are_scaled(self, cls):
        keras.config.set_dtype_policy("mixed_float16")
        check_trains(cls(**swept(cls, 2)), to_learn(cls, 2))

    @autoencoders_of_ranks([(cls, 2) for cls in (OF_ITS_OWN, *OF_A_KIND)])
    def test_trains_compiled_by_xla(self, cls, rank):
        check_trains(cls(**swept(cls, rank)), to_learn(cls, rank), jit_compile=True)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("cls", "ways"),
        [
            (models.BatchNormPoolCAE, [("float32", True), ("mixed_bfloat16", False), ("mixed_float16", True)]),
            (models.VectorQuantizedCAE, [("mixed_bfloat16", True), ("mixed_float16", False)]),
        ],
    )
    def test_ends_with_the_same_loss_in_every_precision(self, cls, ways, digits):
        def make(dtype):
            # Without the corruption, because its noise differs under XLA.
            plain = {"activation": "silu", "output_activation": "sigmoid", "corruption": None}
            return cls(**{**swept(cls, 2), **plain}, dtype=dtype)

        check_precisions(make, digits[0][:320], ways)

    # tests/distribution compares images on two replicas with one device.
    @autoencoders_of_ranks([(OF_ITS_OWN, 1), (OF_ITS_OWN, 3)])
    def test_trains_on_two_replicas(self, cls, rank, two_replicas):
        with two_replicas.scope():
            model = cls(**swept(cls, rank))
            check_trains(model, to_learn(cls, rank))


def test_namespaces_are_complete():
    assert set(keras_cae.NAMESPACES) >= set(NAMESPACES)
    for namespace in keras_cae.NAMESPACES:
        assert getattr(keras_cae, namespace) is importlib.import_module(f"keras_cae.{namespace}")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = keras_cae.nothing
