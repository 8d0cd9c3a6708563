"""How hyperparameters are fixed and bounded."""

import keras_tuner
import pytest

from keras_cae.hypermodels.search_space import Choices, Fixed, Range, bounded


def drawn(space, name="group/name"):
    """The hyperparameter that KerasTuner registers, and its first value."""
    hp = keras_tuner.HyperParameters()
    value = space.draw(hp, name)
    return (hp.space[0] if hp.space else None), value


def test_integers_stay_integers():
    hyperparameter, value = drawn(bounded("depth", (2, 5), Range(1, 3, default=1)))
    assert (hyperparameter.min_value, hyperparameter.max_value) == (2, 5)
    assert (value, type(value)) == (2, int)


def test_a_narrowed_range_keeps_its_scale_and_its_default():
    wide = Range(1e-4, 1e-1, default=1e-3, log=True)
    hyperparameter, value = drawn(bounded("rate", (1e-3, 1), wide))
    assert (hyperparameter.min_value, hyperparameter.max_value) == (1e-3, 1.0)
    assert hyperparameter.sampling == "log"
    assert value == 1e-3


def test_a_default_outside_becomes_the_nearest_bound():
    _, value = drawn(bounded("rate", (0.5, 1.0), Range(0.1, 0.2, default=0.1)))
    assert value == 0.5


def test_what_has_one_value_can_be_given_a_range():
    hyperparameter, value = drawn(bounded("latent_dim", (8, 64), Fixed(32)))
    assert (hyperparameter.min_value, hyperparameter.max_value, hyperparameter.sampling) == (8, 64, "log")
    assert value == 8


def test_a_list_names_the_choices_and_the_first_is_the_default():
    hyperparameter, value = drawn(bounded("activation", ["silu", "relu"], Fixed("relu")))
    assert hyperparameter.values == ["silu", "relu"]
    assert value == "silu"


def test_a_value_is_fixed_and_known_to_the_tuner_if_it_can_hold_it():
    hyperparameter, value = drawn(bounded("kernel_size", 5, Choices((3, 7))))
    assert (type(hyperparameter).__name__, value) == ("Fixed", 5)
    activation = object()
    assert drawn(bounded("activation", activation, Choices(("relu",)))) == (None, activation)


def test_bounds_that_meet_are_one_value():
    assert drawn(bounded("depth", (3, 3), Range(1, 4, default=2)))[1] == 3


def test_where_the_value_is_a_tuple_a_tuple_is_one():
    assert bounded("units", (64, 32), Fixed((128, 128))) == Fixed((64, 32))


@pytest.mark.parametrize("given", [(1, 2, 3), (3, 1), ("a", "b"), (True, 2), ()])
def test_ranges_that_are_none(given):
    with pytest.raises(ValueError, match=r"depth must be \(low, high\)"):
        bounded("depth", given, Fixed(1))


@pytest.mark.parametrize("given", [[], [None, 8], ["relu", 1], [object()]])
def test_choices_that_the_tuner_can_not_hold(given):
    with pytest.raises(ValueError, match="activation must be a list of names or of numbers of one type"):
        bounded("activation", given, Fixed("relu"))
