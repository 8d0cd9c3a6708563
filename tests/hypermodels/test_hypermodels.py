"""Every hypermodel builds the models of its search space."""

from types import MappingProxyType

import keras
import keras_tuner
import numpy as np
import pytest

from keras_cae import hypermodels, models
from keras_cae.hypermodels.hyper_autoencoder import HyperAutoencoder
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


def test_every_model_has_a_hypermodel():
    searched = {cls.model_class for cls in SINGLE}
    assert searched == {getattr(models, name) for name in models.__all__ if name.endswith("CAE")} - {
        models.CAE
    }
    for cls in SINGLE:
        assert cls.__name__ == f"Hyper{cls.model_class.__name__}"


@pytest.mark.parametrize("cls", HYPERMODELS)
def test_it_builds_a_model_that_is_ready(cls):
    code = {"latent_dim": 3} if "latent_dim" in cls.shared_space else {}
    hypermodel = cls((9, 12, 2), **code, filters=(2, 3, 4))
    model = hypermodel.build(keras_tuner.HyperParameters())
    assert model.built
    assert model.optimizer.built
    assert model.latent_dim == code.get("latent_dim")
    assert model.filters == (2, 3, 4)
    assert [type(metric) for metric in model.metrics if metric.name == "psnr"] in ([PSNR], [])
    logs = model.fit(np.random.default_rng(0).random((4, 9, 12, 2)), validation_split=0.5, verbose=0).history
    assert np.isfinite(logs["val_psnr"][0])


@pytest.mark.parametrize("cls", SINGLE)
def test_what_is_searched_belongs_to_the_model_or_is_shared(cls):
    names = set(with_every_scope(cls((32, 32, 1))))
    # What KerasTuner can't hold, a tuple, is no hyperparameter.
    own = {
        f"{cls.model_class.__name__}/{key}"
        for key, space in cls.own_space.items()
        if not isinstance(getattr(space, "value", None), tuple)
    }
    shared = {name for name, _ in cls.shared_space.values()}
    # Drawn by the training alone, or only with a corruption.
    assert own | shared - {"training/batch_size", "corruption/strength"} == names - {"corruption/strength"}


@pytest.mark.slow
@pytest.mark.parametrize("cls", SINGLE)
def test_random_points_of_the_space_are_models(cls):
    hypermodel = cls((9, 12, 2), width=[2, 3], corruption=["none", "gaussian_noise", "dropout"])
    tuner = keras_tuner.RandomSearch(hypermodel, objective=hypermodel.objective, max_trials=4, seed=1)
    for number in range(3):
        trial = tuner.oracle.create_trial(f"tuner{number}")
        model = tuner.hypermodel.build(trial.hyperparameters)
        assert model.predict(np.zeros((1, 9, 12, 2)), verbose=0).shape == (1, 9, 12, 2)


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
    assert names["BasicCAE/kernel_size"].value == 3
    assert names["training/learning_rate"].values == [1e-3, 1e-2]


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
    assert names["BasicCAE/kernel_size"].value == 3
    (condition,) = names["VariationalCAE/beta"].conditions
    assert (condition.name, condition.values) == ("model/architecture", ["VariationalCAE"])


def test_every_architecture_with_a_latent_dim_can_be_searched_with_the_others():
    assert set(hypermodels.HyperCAE.candidates) == {cls for cls in SINGLE if "latent_dim" in cls.shared_space}


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (hypermodels.HyperBasicCAE, {"beta": 1.0}, "HyperBasicCAE has no .* 'beta', only activation"),
        (hypermodels.HyperCAE, {"beta": 1.0}, "HyperCAE has no hyperparameter 'beta'"),
    ],
)
def test_hyperparameters_that_there_are_not(cls, arguments, message):
    with pytest.raises(TypeError, match=message):
        cls(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (8, 8)}, r"input_shape must be \(height, width, channels\)"),
        ({"max_parameters": 0}, "max_parameters must be a positive integer"),
        ({"max_flops": 1.5}, "max_flops must be a positive integer"),
        ({"rate_weight": -1}, "rate_weight must be a finite number, zero or above"),
        ({"patience": 0}, "patience must be a positive integer"),
        ({"keep": 0}, "keep must be a positive integer"),
        ({"filters": (2, 0)}, r"filters\[1\] must be a positive integer"),
        ({"corruption": "fog"}, "corruption must be one of"),
        ({"optimizer": ["adam", "newton"]}, "optimizer must be one of"),
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
    keras.config.set_dtype_policy("float32")  # as KerasTuner does before every trial
    assert hypermodel.build(keras_tuner.HyperParameters()).dtype_policy.name == "mixed_bfloat16"


def test_a_seed_makes_trials_repeatable():
    hypermodel = hypermodels.HyperBasicCAE((8, 8, 1), seed=3)
    first, second = (hypermodel.build(keras_tuner.HyperParameters()).get_weights() for _ in range(2))
    np.testing.assert_equal(first, second)


def test_the_objective():
    assert hypermodels.HyperBasicCAE().objective == keras_tuner.Objective("val_psnr", "max")
    rated = hypermodels.HyperBasicCAE(rate_weight=0.1).objective
    assert rated == keras_tuner.Objective("val_rate_distortion", "max")


def test_a_hypermodel_of_ones_own():
    class HyperShallow(HyperAutoencoder):
        model_class = models.BasicCAE
        own_space = MappingProxyType(
            {"kernel_size": hypermodels.Choices((5, 7)), "filters": hypermodels.Fixed((2, 3))}
        )

    model = HyperShallow((8, 8, 1)).build(keras_tuner.HyperParameters())
    assert (model.kernel_size, model.filters) == (5, (2, 3))


@pytest.mark.parametrize("cls", PUBLIC)
def test_a_file_is_named_after_its_class(cls):
    assert cls.__module__.rsplit(".", 1)[-1].replace("_", "") == cls.__name__.lower()
