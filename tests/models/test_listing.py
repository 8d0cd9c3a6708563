"""`dir` of models lists the documented names, and errors of unbuilt models say how to build them."""

import inspect
import re

import keras
import pytest
from checks import check_table, constructor_arguments

from keras_cae import models
from keras_cae.layers import GaussianBottleneck

SMALL = {"filters": (2,), "latent_dim": 2}
NETWORKS = [keras.layers.Flatten(), keras.layers.Dense(2)], [keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]
# The arguments of a small model, by class.
ARGUMENTS = {
    models.AdversarialCAE: SMALL,
    models.BasicCAE: SMALL,
    models.BatchNormPoolCAE: SMALL,
    models.BlindSpotCAE: {"filters": (2,)},
    models.DenoisingCAE: {"filters": (2,)},
    models.MaskedCAE: SMALL,
    models.ResidualCAE: SMALL,
    models.SkipConnectionCAE: {**SMALL, "filters": (2, 2, 2)},
    models.VariationalCAE: SMALL,
    models.VectorQuantizedCAE: {"codebook_size": 4, "code_dim": 2, "filters": (2,)},
    models.WassersteinCAE: SMALL,
}
DOCUMENTED_METHODS = {
    "corrupt",
    "corrupted",
    "decode",
    "draw_codes",
    "encode",
    "evaluate_images",
    "from_preset",
    "keep",  # public for custom architectures, like `rules`
    "log_likelihood",
    "make_bottleneck",  # of PyramidCAE, public for custom architectures, like `pyramid`
    "posterior",
    "presets",
    "pyramid",
    "rules",
    "sample",
    "save_to_preset",
}


def small_model(cls):
    if cls is models.CAE:
        return models.CAE(*map(keras.Sequential, NETWORKS))
    return cls(**ARGUMENTS[cls])


def documented(cls):
    """The arguments and attributes in the docstrings of a class and its bases."""
    names = set(DOCUMENTED_METHODS)
    for base in cls.__mro__:
        if base.__module__.startswith("keras_cae.models"):
            names.update(constructor_arguments(base))
            section = re.search(r"^Attributes:\n((?:    .*\n|\n)+)", f"{inspect.getdoc(base)}\n", re.MULTILINE)
            names.update(re.findall(r"^    (\w+):", section.group(1), re.MULTILINE) if section else ())
    return names


@pytest.mark.parametrize("cls", [models.CAE, *ARGUMENTS], ids=lambda cls: cls.__name__)
def test_a_model_lists_what_is_documented(cls):
    model = small_model(cls)
    for stage in ("new", "built"):
        if stage == "built":
            model.build((None, 8, 8, 1))
        own = {name for name in set(dir(model)) - set(dir(keras.Model())) if not name.startswith("_")}
        assert own <= documented(cls), own - documented(cls)
        assert DOCUMENTED_METHODS - {"make_bottleneck", "pyramid"} <= own
        for name in constructor_arguments(cls):
            assert stage == "new" or name in dir(model), name


@pytest.mark.tables
def test_every_model_is_listed():
    public = {getattr(models, name) for name in models.__all__} - {models.CAE, models.PyramidCAE}
    check_table(public, ARGUMENTS, "ARGUMENTS in tests/models/test_listing.py, with the arguments of a small model")


def test_a_subclass_lists_its_own_names_and_the_weights_of_penalties():
    class Mine(models.BasicCAE):
        def colours(self):
            return 3

    model = Mine(**SMALL, bottleneck=GaussianBottleneck())
    assert {"colours", "beta"} <= set(dir(model))
    assert model.beta == 1.0


@pytest.mark.parametrize(
    ("rank", "shape"), [(1, "(None, length, channels)"), (3, "(None, depth, height, width, channels)")]
)
def test_the_summary_of_a_model_that_is_not_built(rank, shape, capsys):
    lines = []
    models.BasicCAE(2, rank=rank).summary(print_fn=lines.append)
    assert len(lines) == 1
    assert "BasicCAE is not built yet" in lines[0]
    assert f"call build({shape})" in lines[0]
    models.BasicCAE(2, rank=rank).summary()
    assert capsys.readouterr().out == f"{lines[0]}\n"


def test_the_summary_of_a_model_that_is_built():
    model = small_model(models.BasicCAE)
    model.build((None, 8, 8, 1))
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line), expand_nested=True)
    assert "encoder" in "\n".join(lines)
    assert "not built" not in "\n".join(lines)
