"""Fixed and bounded hyperparameters."""

import re

import keras_tuner
import numpy as np
import pytest

from keras_cae.hypermodels.search_space import Choices, Fixed, Range, bounded


def drawn(space, name="group/name"):
    """The hyperparameter registered in KerasTuner, and its first value."""
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
    hyperparameter, value = drawn(bounded("latent_dim", (8, 64), Fixed(32, log=True)))
    assert (hyperparameter.min_value, hyperparameter.max_value, hyperparameter.sampling) == (8, 64, "log")
    assert value == 32, "the default that it had"


def test_a_list_names_the_choices_and_the_first_is_the_default():
    hyperparameter, value = drawn(bounded("activation", ["silu", "relu"], Fixed("relu")))
    assert hyperparameter.values == ["silu", "relu"]
    assert value == "silu"


def test_a_value_is_fixed_and_not_listed():
    fixed = bounded("kernel_size", 5, Choices((3, 7)))
    assert drawn(fixed) == (None, 5)
    hp = keras_tuner.HyperParameters()
    hp.Choice("kernel_size", [9])
    assert fixed.draw(hp, "kernel_size") == 9, "what the tuner is told comes first"
    activation = object()
    assert drawn(bounded("activation", activation, Choices(("relu",)))) == (None, activation)


def test_bounds_that_meet_are_one_value():
    assert drawn(bounded("depth", (3, 3), Range(1, 4, default=2)))[1] == 3


def test_where_the_value_is_a_tuple_a_tuple_is_one():
    assert bounded("units", (64, 32), Fixed((128, 128))) == Fixed((64, 32))


def test_spaces_are_taken_as_they_are():
    wide = Range(1e-5, 1e-1, default=1e-3, log=True)
    for given in (Range(1e-4, 1e-2, default=2e-3), Choices((1e-3, 1e-2)), Fixed(0.5)):
        assert bounded("rate", given, wide) == given
    assert bounded("activation", Choices(("silu", "relu")), Fixed("relu")) == Choices(("silu", "relu"))
    assert bounded("units", Fixed((3,)), Fixed((128, 128))) == Fixed((3,))


def test_a_range_without_a_default_takes_that_of_the_hyperparameter():
    assert bounded("rate", Range(1e-4, 1e-2), Range(1e-5, 1e-1, default=1e-3)).default == 1e-3
    assert bounded("rate", Range(1e-2, 1e-1), Range(1e-5, 1e-1, default=1e-3)).default == 1e-2
    assert drawn(Range(2, 5))[1] == 2


def test_integers_are_floats_where_the_hyperparameter_is_one():
    hyperparameter, value = drawn(bounded("beta", (1, 4), Range(0.1, 10.0, default=0.5, log=True)))
    assert (type(hyperparameter).__name__, value, type(value)) == ("Float", 1.0, float)
    assert drawn(bounded("free_bits", [0, 0.1], Fixed(0.0)))[0].values == [0.0, 0.1]
    assert drawn(bounded("free_bits", 1, Fixed(0.0)))[1] == 1.0


def test_numbers_of_numpy_are_numbers():
    assert bounded("depth", np.int64(3), Range(1, 4)) == Fixed(3)
    assert bounded("depth", tuple(np.array([2, 3])), Range(1, 4)) == Range(2, 3, default=2)
    assert bounded("rate", list(np.array([0.1, 0.2])), Range(0.1, 0.4)) == Choices((0.1, 0.2))


def test_a_list_is_a_value_where_the_value_is_a_tuple():
    assert bounded("units", [64, 32], Fixed((128, 128))) == Fixed((64, 32))


@pytest.mark.parametrize(
    ("space", "given", "message"),
    [
        (Fixed("mse"), Range(0.0, 1.0), "x must be a single value or a list of values"),
        (Choices(("a", "b")), (1, 2), "x must be a single value or a list of values"),
        (Range(1, 3), Range(1.0, 3.0), "x must have integers as bounds"),
        (Range(1, 3), (1, 2.5), "x must have integers as bounds"),
        (Range(1, 3), Choices((1.0, 2.0)), "x must have choices of the same type as its default 1,"),
        (Fixed("mse"), [1, 2], "x must have choices of the same type as its default 'mse'"),
        (Fixed(0.5), ["a", "b"], "x must have numbers as choices"),
        (Fixed((1, 2)), Choices((1, 2)), "x must have choices of the same type as its default"),
    ],
)
def test_spaces_of_another_type_than_the_hyperparameter(space, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        bounded("x", given, space)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Range("a", "b"), "must be finite numbers"),
        (lambda: Range(0.0, float("inf")), "must be finite numbers"),
        (lambda: Range(3, 1), "lower bound of a Range must not be above"),
        (lambda: Range(1, 3, default=4), "default of a Range must lie between"),
        (lambda: Range(0, 3, log=True), "must start above zero"),
        (lambda: Choices(()), "values must be names, or numbers of the same type"),
        (lambda: Choices((1, "a")), "values must be names, or numbers of the same type"),
    ],
)
def test_spaces_that_are_none(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("given", [(1, 2, 3), (3, 1), ("a", "b"), (True, 2), ()])
def test_ranges_that_are_none(given):
    with pytest.raises(ValueError, match=r"depth must be \(low, high\)"):
        bounded("depth", given, Fixed(1))


@pytest.mark.parametrize("given", [[], [None, 8], ["relu", 1], [object()]])
def test_choices_that_the_tuner_can_not_hold(given):
    with pytest.raises(ValueError, match=r"activation must be .* a list of names or numbers"):
        bounded("activation", given, Fixed("relu"))
