"""The tables of names that options accept, which must be complete."""

import inspect
import itertools

import keras
import keras_tuner
import pytest
from checks import check_table

from keras_cae import hypermodels, losses, models
from keras_cae.anomaly.get import NAMES
from keras_cae.cli.presets import LOSSES, MODELS, SCHEDULES, SCORES, TUNERS, schedule_for

# These have no name: base classes, a penalty that needs another loss, and a sum of losses.
WITHOUT_NAMES = {models.CAE, models.PyramidCAE, losses.ImageLoss, losses.TotalVariation, losses.Weighted}


def public_classes(namespace, base):
    classes = {value for name in namespace.__all__ if inspect.isclass(value := getattr(namespace, name))}
    return {cls for cls in classes if issubclass(cls, base)} - WITHOUT_NAMES


@pytest.mark.tables
def test_every_model_has_a_name():
    named = {getattr(models, preset.model) for preset in MODELS.values()}
    missing = public_classes(models, models.CAE) - named
    assert not missing, f"add a Preset for {missing} to MODELS in keras_cae/cli/presets.py"


@pytest.mark.parametrize("name", MODELS)
def test_every_named_model_can_be_searched(name):
    assert hasattr(hypermodels, f"Hyper{MODELS[name].model}")


@pytest.mark.tables
def test_every_loss_has_a_name():
    named = {getattr(losses, name) for name in LOSSES.values() if hasattr(losses, name)}
    missing = public_classes(losses, keras.losses.Loss) - named
    assert not missing, f"add a name for {missing} to LOSSES in keras_cae/cli/presets.py"


@pytest.mark.parametrize("name", [*LOSSES.values(), *(preset.loss for preset in MODELS.values())])
def test_every_name_of_a_loss_is_a_loss(name):
    name = LOSSES.get(name, name)
    assert issubclass(getattr(losses, name, None) or getattr(keras.losses, name), keras.losses.Loss)


def test_every_name_of_a_tuner_is_a_tuner():
    assert all(issubclass(getattr(keras_tuner, name), keras_tuner.Tuner) for name in TUNERS.values())


def test_schedules_by_the_number_of_images():
    for schedule, following in itertools.pairwise(SCHEDULES):
        assert schedule_for(schedule.images) is schedule
        assert schedule_for(schedule.images + 1) is following


@pytest.mark.tables
def test_every_score_is_offered():
    check_table(NAMES, SCORES, "SCORES in keras_cae/cli/presets.py")
