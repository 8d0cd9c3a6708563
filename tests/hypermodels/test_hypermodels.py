"""All hypermodels build the models in their search spaces."""

import inspect
import re
from fractions import Fraction
from types import MappingProxyType

import keras
import keras_tuner
import numpy as np
import pytest
from checks import check_table, slow_but

from keras_cae import hypermodels, models
from keras_cae.hypermodels.hyper_autoencoder import HyperAutoencoder
from keras_cae.hypermodels.search_space import possible
from keras_cae.hypermodels.searched_bottleneck import BOTTLENECKS
from keras_cae.metrics import PSNR

BASES = (hypermodels.HyperAutoencoder, hypermodels.HyperPyramid)
PUBLIC = [getattr(hypermodels, name) for name in hypermodels.__all__ if name.startswith("Hyper")]
HYPERMODELS = [cls for cls in PUBLIC if cls not in BASES]
SINGLE = [cls for cls in HYPERMODELS if cls is not hypermodels.HyperCAE]


def with_every_scope(hypermodel):
    """The hyperparameters that a tuner finds."""
    tuner = keras_tuner.RandomSearch(hypermodel, objective=hypermodel.objective, max_trials=1, overwrite=True)
    return {each.name: each for each in tuner.oracle.get_space().space}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.tables
def test_every_model_has_a_hypermodel():
    searched = {cls.model_class for cls in SINGLE}
    bases = {models.CAE, models.PyramidCAE}
    where = "keras_cae.hypermodels, with a hypermodel of its own whose model_class it is"
    check_table({getattr(models, name) for name in models.__all__} - bases, searched, where)
    for cls in SINGLE:
        assert cls.__name__ == f"Hyper{cls.model_class.__name__}"


QUICK = (hypermodels.HyperBasicCAE, hypermodels.HyperVectorQuantizedCAE, hypermodels.HyperCAE)


@pytest.mark.parametrize("cls", slow_but(QUICK, HYPERMODELS))
def test_it_builds_a_model_that_is_ready(cls):
    code = {"latent_dim": 3} if "latent_dim" in cls.shared_space else {}
    hypermodel = cls((9, 12, 2), **code, filters=(2, 3, 4))
    model = hypermodel.build(keras_tuner.HyperParameters())
    assert model.built
    assert model.optimizer.built
    assert model.latent_dim == code.get("latent_dim")
    assert model.filters == (2, 3, 4)
    assert [type(metric) for metric in model.metrics if metric.name == "psnr"] in ([PSNR], [])
    model.run_eagerly = cls not in QUICK  # which takes less time than tracing the steps
    logs = model.fit(np.random.default_rng(0).random((4, 9, 12, 2)), validation_split=0.5, verbose=0).history
    assert np.isfinite(logs["val_psnr"][0])


@pytest.mark.parametrize("cls", SINGLE)
def test_what_is_searched_belongs_to_the_model_or_is_shared(cls):
    names = set(with_every_scope(cls((32, 32, 1))))
    # Fixed values are the same in all trials, and not registered.
    searched = {
        name
        for key, (name, space) in cls((32, 32, 1)).space.items()
        if not isinstance(space, hypermodels.Fixed) and key != "corruption_strength"
    }
    assert searched == names - {"corruption/strength"}
    assert "training/batch_size" in names
    own = {f"{cls.model_class.__name__}/{key}" for key in cls.own_space}
    assert searched <= own | {name for name, _ in cls.shared_space.values()}


@pytest.mark.slow
@pytest.mark.parametrize("cls", SINGLE)
def test_random_points_of_the_space_are_models(cls):
    hypermodel = cls((9, 12, 2), width=[2, 3], corruption=["none", "gaussian_noise", "dropout"])
    tuner = keras_tuner.RandomSearch(hypermodel, objective=hypermodel.objective, max_trials=4, seed=1)
    for number in range(2):
        trial = tuner.oracle.create_trial(f"tuner{number}")
        model = tuner.hypermodel.build(trial.hyperparameters)
        assert model(np.zeros((1, 9, 12, 2))).shape == (1, 9, 12, 2)


def test_the_shape_may_be_left_to_the_data():
    hypermodel = hypermodels.HyperBasicCAE(filters=(2, 3))
    model = hypermodel.build(keras_tuner.HyperParameters())
    assert not model.built
    images = np.zeros((4, 8, 8, 1))
    hypermodel.fit(keras_tuner.HyperParameters(), model, images, validation_split=0.5, verbose=0)
    assert model.built


def test_small_images_limit_the_depth():
    for cls, deepest in ((hypermodels.HyperBasicCAE, 4), (hypermodels.HyperBatchNormPoolCAE, 3)):
        depth = with_every_scope(cls((8, 11, 1)))[f"{cls.model_class.__name__}/depth"]
        assert depth.max_value == deepest


def test_arguments_fix_and_bound():
    names = with_every_scope(
        hypermodels.HyperBasicCAE((16, 16, 1), latent_dim=(4, 16), kernel_size=3, learning_rate=[1e-3, 1e-2])
    )
    assert (names["model/latent_dim"].min_value, names["model/latent_dim"].max_value) == (4, 16)
    assert "BasicCAE/kernel_size" not in names
    assert names["training/learning_rate"].values == [1e-3, 1e-2]


def test_spaces_can_be_given():
    rate = hypermodels.Range(1e-4, 1e-2, default=2e-3, log=True)
    hypermodel = hypermodels.HyperBasicCAE(
        (28, 28, 1), learning_rate=rate, width=hypermodels.Choices((4, 2)), depth=hypermodels.Fixed(3)
    )
    names = with_every_scope(hypermodel)
    found = names["training/learning_rate"]
    assert (found.min_value, found.max_value, found.default, found.sampling) == (1e-4, 1e-2, 2e-3, "log")
    assert hypermodel.build(keras_tuner.HyperParameters()).filters == (4, 8, 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernel_size": 0}, "kernel_size=0 can't be searched: kernel_size must be"),
        ({"kernel_size": [3, -1]}, "kernel_size=-1 can't be searched: kernel_size must be"),
        ({"kernel_size": (3, 5.0)}, "kernel_size must have integers as bounds"),
        ({"depth": "deep"}, "depth must be a positive integer, got 'deep'"),
        ({"depth": (0, 3)}, "depth must be a positive integer, got 0"),
        ({"depth": (7, 8)}, "depth must be at most 5 for images of 16×20 pixels"),
        ({"width": 2.5}, "width must be a positive integer"),
        ({"width": 2, "filters": (2, 3)}, "width and filters can't be combined"),
        ({"activation": "rleu"}, "activation='rleu' can't be searched: activation must be"),
        ({"activation": ["relu", "rleu"]}, "activation='rleu' can't be searched"),
        ({"latent_dim": (0, 8)}, "latent_dim=0 can't be searched: latent_dim must be"),
        ({"corruption": 3}, "corruption=3 can't be searched: corruption must be a Keras layer"),
        ({"corruption_strength": (0.5, 2.0)}, "corruption_strength=2.0 can't be searched"),
        ({"loss": "msee"}, "loss='msee' can't be searched"),
        ({"learning_rate": "fast"}, "learning_rate='fast' can't be searched: learning_rate must be"),
        ({"learning_rate": (-1.0, 0.1)}, "learning_rate=-1.0 can't be searched"),
        ({"weight_decay": [0.0, -0.1]}, "weight_decay=-0.1 can't be searched"),
        ({"batch_size": 0.5}, "batch_size=0.5 can't be searched: batch_size must be"),
    ],
)
def test_values_that_no_trial_could_take(arguments, message):
    with pytest.raises(ValueError, match=message):
        hypermodels.HyperBasicCAE((16, 20, 1), **arguments)


def test_values_that_no_trial_of_one_architecture_could_take():
    with pytest.raises(ValueError, match=r"beta=-1\.0 can't be searched: beta must be"):
        hypermodels.HyperCAE(architecture=["BasicCAE", "VariationalCAE"], beta=(-1, 1))


@pytest.mark.parametrize("cls", HYPERMODELS)
def test_every_value_of_a_space_is_one_that_trials_can_take(cls):
    hypermodel = cls((32, 32, 1))
    spaces = {key: space for key, (_, space) in hypermodel.full_space().items()}
    assert {key: space for key, (_, space) in cls((32, 32, 1), **spaces).space.items()} == spaces


def in_words(space):
    """The search spaces according to the docstrings."""
    if isinstance(space, hypermodels.Range):
        return f"{number(space.low)} to {number(space.high)}"
    *others, last = map(number, possible(space))
    return f"{', '.join(others)} or {last}" if others else last


def number(value):
    for fraction in ("25/255", "1/9"):
        if value == float(Fraction(fraction)):
            return fraction
    return f"{value:g}".replace("e-0", "e-") if isinstance(value, float) else str(value)


@pytest.mark.parametrize("cls", HYPERMODELS)
def test_the_docstring_says_what_is_searched(cls):
    for key, (_, space) in cls((64, 64, 1)).full_space().items():
        documents = (inspect.cleandoc(base.__doc__) for base in cls.__mro__ if base in PUBLIC)
        lines = next((found for text in documents if (found := re.findall(rf"- `{key}`: (.*)", text))), [""])
        words = in_words(space)
        remedy = f"write '- `{key}`: {words}.' in the docstring of {cls.__name__}, got {lines[0]!r}"
        assert re.match(rf"{re.escape(words)}(?=$|[.,]( |$))", lines[0]), remedy


def test_a_schedule_can_be_the_learning_rate():
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, 100)
    hypermodel = hypermodels.HyperBasicCAE((8, 8, 1), filters=(2, 3), learning_rate=schedule)
    model = hypermodel.build(keras_tuner.HyperParameters())
    assert model.optimizer.get_config()["learning_rate"]["class_name"] == "CosineDecay"


def test_everything_but_the_shape_is_named():
    with pytest.raises(TypeError, match="positional"):
        hypermodels.HyperBasicCAE((8, 8, 1), 1000)


def test_layers_can_be_given():
    noise = keras.layers.GaussianNoise(0.2, seed=1)
    hypermodel = hypermodels.HyperBasicCAE((8, 8, 1), corruption=noise, activation=keras.layers.PReLU())
    first, second = (hypermodel.build(keras_tuner.HyperParameters()) for _ in range(2))
    assert first.corruption.get_config() == noise.get_config()
    assert len({id(each) for each in (first.corruption, second.corruption, noise)}) == 3


def test_what_the_tuner_is_told_comes_first():
    hp = keras_tuner.HyperParameters()
    hp.Fixed("BasicCAE/width", 8)
    hp.Choice("BasicCAE/kernel_size", [7])
    model = hypermodels.HyperBasicCAE((16, 16, 1), depth=2).build(hp)
    assert model.filters == (8, 16)
    assert model.kernel_size == 7


def test_not_tunable_searches_only_what_the_tuner_names():
    hypermodel = hypermodels.HyperBasicCAE((16, 16, 1), tunable=False)
    hp = keras_tuner.HyperParameters()
    hp.Choice("BasicCAE/width", [4, 2])
    model = hypermodel.build(hp)
    hypermodel.fit(hp, model, np.zeros((4, 16, 16, 1)), validation_split=0.5, verbose=0)
    assert model.filters[0] == 4
    assert [each.name for each in hp.space] == ["BasicCAE/width"]


def test_the_architecture_is_searched_in_scopes_of_its_own():
    hypermodel = hypermodels.HyperCAE(
        (16, 16, 1), architecture=["BasicCAE", "VariationalCAE"], beta=(0.1, 1.0), kernel_size=3
    )
    names = with_every_scope(hypermodel)
    assert names["model/architecture"].values == ["BasicCAE", "VariationalCAE"]
    assert names["VariationalCAE/beta"].max_value == 1.0
    assert "BasicCAE/kernel_size" not in names
    (condition,) = names["VariationalCAE/beta"].conditions
    assert (condition.name, condition.values) == ("model/architecture", ["VariationalCAE"])


def test_every_architecture_with_a_latent_dim_can_be_searched_with_the_others():
    assert set(hypermodels.HyperCAE.candidates) == {cls for cls in SINGLE if "latent_dim" in cls.shared_space}


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (hypermodels.HyperBasicCAE, {"beta": 1.0}, "HyperBasicCAE has no .* 'beta'. Its .* are activation"),
        (hypermodels.HyperCAE, {"beta": 1.0}, "HyperCAE has no hyperparameter 'beta'"),
    ],
)
def test_hyperparameters_that_there_are_not(cls, arguments, message):
    with pytest.raises(TypeError, match=message):
        cls(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (8,)}, r"input_shape must be \(height, width, channels\) of images, \(length, channels\)"),
        ({"strides": (2, 0)}, r"strides\[1\] must be a positive integer"),
        ({"max_parameters": 0}, "max_parameters must be a positive integer"),
        ({"max_flops": 1.5}, "max_flops must be a positive integer"),
        ({"rate_weight": -1}, "rate_weight must be a finite number, zero or above"),
        ({"patience": 0}, "patience must be a positive integer"),
        ({"keep": 0}, "keep must be a positive integer"),
        ({"filters": (2, 0)}, r"filters\[1\] must be a positive integer"),
        ({"corruption": "fog"}, "corruption='fog' can't be searched: corruption must be one of"),
        ({"optimizer": ["adam", "newton"]}, "optimizer='newton' can't be searched: optimizer must be one of"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        hypermodels.HyperBasicCAE(**arguments)


def test_an_architecture_that_there_is_not():
    with pytest.raises(ValueError, match="architecture must be one of"):
        hypermodels.HyperCAE(architecture=["BasicCAE", "Basic"])


def test_a_precision_for_all_trials():
    keras.config.set_dtype_policy("mixed_bfloat16")
    hypermodel = hypermodels.HyperBasicCAE((8, 8, 1))
    keras.config.set_dtype_policy("float32")  # like KerasTuner before every trial
    assert hypermodel.build(keras_tuner.HyperParameters()).dtype_policy.name == "mixed_bfloat16"


def test_a_seed_makes_trials_repeatable():
    hypermodel = hypermodels.HyperBasicCAE((8, 8, 1), seed=3)
    first, second = (hypermodel.build(keras_tuner.HyperParameters()).get_weights() for _ in range(2))
    np.testing.assert_equal(first, second)


def test_the_objective():
    assert hypermodels.HyperBasicCAE().objective == keras_tuner.Objective("val_psnr", "max")
    rated = hypermodels.HyperBasicCAE(rate_weight=0.1).objective
    assert rated == keras_tuner.Objective("val_rate_distortion", "max")


@pytest.mark.parametrize("shape", [(21, 2), (9, 12, 2), (4, 9, 6, 2)])
@pytest.mark.parametrize(
    "cls",
    slow_but([hypermodels.HyperCAE], [hypermodels.HyperCAE, hypermodels.HyperBasicCAE, hypermodels.HyperDenoisingCAE]),
)
def test_the_shape_of_the_data_decides_the_rank(cls, shape):
    hypermodel = cls(shape, width=4, max_flops=10**8)
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    assert model.rank == len(shape) - 1
    assert model(np.zeros((1, *shape))).shape == (1, *shape)
    limited = cls(shape, width=4, max_flops=10).excess(hp, shape)
    assert "flops, more than max_flops=10" in limited


def test_volumes_limit_the_depth_by_their_strides():
    deep = hypermodels.HyperBatchNormPoolCAE((4, 64, 64, 1))
    assert deep.space["depth"][1].high == 2
    with pytest.raises(ValueError, match="depth must be at most 2 for volumes of 4×64×64 voxels"):
        hypermodels.HyperBatchNormPoolCAE((4, 64, 64, 1), depth=(3, 4))
    strides = ((1, 2, 2), (1, 2, 2), (2, 2, 2))
    fixed = hypermodels.HyperBatchNormPoolCAE((4, 64, 64, 1), filters=(2, 3, 4), strides=strides)
    assert fixed.build(keras_tuner.HyperParameters()).downsampling == (2, 8, 8)
    assert hypermodels.HyperBasicCAE((9, 9, 1), strides=3).space["depth"][1].high == 3
    assert hypermodels.HyperCAE((9, 9, 1), strides=3).members["BasicCAE"].strides == 3


def test_a_hypermodel_of_ones_own():
    class HyperShallow(HyperAutoencoder):
        model_class = models.BasicCAE
        own_space = MappingProxyType({"kernel_size": hypermodels.Choices((5, 7)), "filters": hypermodels.Fixed((2, 3))})

    model = HyperShallow((8, 8, 1)).build(keras_tuner.HyperParameters())
    assert (model.kernel_size, model.filters) == (5, (2, 3))


@pytest.mark.parametrize("cls", PUBLIC)
def test_a_file_is_named_after_its_class(cls):
    assert cls.__module__.rsplit(".", 1)[-1].replace("_", "") == cls.__name__.lower()


@pytest.mark.slow
def test_a_bottleneck_can_be_searched_with_the_architecture():
    hypermodel = hypermodels.HyperCAE(
        (8, 8, 1), latent_dim=3, bottleneck=["gaussian", "none", "mmd"], beta=(0.1, 1.0), depth=2, width=2
    )
    names = with_every_scope(hypermodel)
    assert names["model/bottleneck"].values == ["gaussian", "none", "mmd"]
    assert names["GaussianBottleneck/beta"].max_value == 1.0
    (condition,) = names["MMDBottleneck/mmd_weight"].conditions
    assert (condition.name, condition.values) == ("model/bottleneck", ["mmd"])
    found = {}
    for kind in ("gaussian", "none", "mmd"):
        hp = keras_tuner.HyperParameters()
        hp.values["model/bottleneck"] = kind
        found[kind] = type(hypermodel.build(hp).bottleneck).__name__
    assert found == {"gaussian": "GaussianBottleneck", "none": "Identity", "mmd": "MMDBottleneck"}


@pytest.mark.parametrize("kind", slow_but(["gaussian"], BOTTLENECKS))
def test_every_searched_bottleneck_trains(kind):
    hypermodel = hypermodels.HyperCAE((8, 8, 1), latent_dim=3, architecture="BasicCAE", bottleneck=kind, depth=2)
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    assert isinstance(model.bottleneck, BOTTLENECKS[kind][0])
    model.run_eagerly = kind != "gaussian"  # which takes less time than tracing the steps
    images = np.random.default_rng(0).random((4, 8, 8, 1), "float32")
    history = hypermodel.fit(hp, model, images, validation_data=images, batch_size=2, epochs=1, verbose=0)
    assert np.isfinite(history.history["val_psnr"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bottleneck": "gauss"}, "bottleneck must be one of"),
        ({"bottleneck": ["gaussian", "none"], "architecture": ["BasicCAE", "VariationalCAE"]}, "which has its own"),
        ({"bottleneck": "mmd", "mmd_weight": -1.0}, r"mmd_weight=-1\.0 can't be searched"),
    ],
)
def test_bottlenecks_that_no_trial_could_take(arguments, message):
    with pytest.raises(ValueError, match=message):
        hypermodels.HyperCAE((8, 8, 1), **arguments)


def test_hyperparameters_of_a_bottleneck_that_is_not_searched():
    with pytest.raises(TypeError, match="no hyperparameter 'mmd_weight'"):
        hypermodels.HyperCAE((8, 8, 1), bottleneck="gaussian", mmd_weight=1.0)
