"""All arguments of all public constructors reject invalid values with an error that names the argument."""

import inspect
import math

import keras
import numpy as np
import pytest
from checks import check_table
from test_registry import ARGUMENTS

from keras_cae import callbacks, hypermodels, samplers

IMAGES = np.zeros((4, 8, 8, 1), "float32")
# The required arguments by class. Those of other classes are in the table of test_registry.py.
REQUIRED = {
    **{
        cls: lambda: {"images": IMAGES, "log_dir": "logs"}
        for cls in (
            callbacks.CodebookSummary,
            callbacks.LatentInterpolation,
            callbacks.LatentProjector,
            callbacks.LatentStatistics,
            callbacks.LatentTraversal,
            callbacks.ReconstructionLogger,
        )
    },
    callbacks.ModelCard: dict,
    callbacks.PriorSamples: dict,
    callbacks.AnomalyMaps: lambda: {"images": IMAGES},
    callbacks.ReconstructionErrorHistogram: lambda: {"normal": IMAGES},
    callbacks.WeightScheduler: lambda: {"attribute": "beta", "schedule": "cyclical", "steps": 10},
    samplers.GaussianMixtureSampler: dict,
    samplers.NormalSampler: dict,
    **{
        getattr(hypermodels, name): dict
        for name in hypermodels.__all__
        if name.startswith("Hyper") and name not in ("HyperAutoencoder", "HyperPyramid")
    },
}
MADE = {**ARGUMENTS, **REQUIRED}


VALUES = {
    "None": None,
    "True": True,
    "a word": "zzz",
    "an empty string": "",
    "bytes": b"x",
    "complex": 1j,
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "-1": -1,
    "0": 0,
    "1": 1,
    "2.5": 2.5,
    "-0.5": -0.5,
    "10**24": 10**24,
    "an empty tuple": (),
    "[None]": [None],
    "(1, -1)": (1, -1),
    "a dict": {"a": 1},
    "a set": {1},
    "an object": object(),
    "a lambda": lambda x: x,
    "a type": int,
    "a class of layers": keras.layers.Dense,
    "an array": np.zeros(3),
    "a nested list": [[1]],
}


MASKS = ("None", "an array", "a nested list")


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_int(value, smallest):
    return isinstance(value, int) and not isinstance(value, bool) and smallest <= value < 2**31


def positive_int(value):
    return is_int(value, 1)


def non_negative(value):
    return is_number(value) and value >= 0


def positive(value):
    return is_number(value) and value > 0


def share(value):
    return is_number(value) and 0 < value < 1


def share_up_to_one(value):
    return is_number(value) and 0 < value <= 1


def fraction(value):
    return is_number(value) and 0 <= value < 1


def optional(accepts):
    return lambda value: value is None or accepts(value)


def nothing(value):
    """Arguments that accept none of the values above. Other tests cover valid sequences and names."""
    return False


def none(value):
    return value is None


def word(value):
    return isinstance(value, str) and value != ""


def a_lambda(value):
    return value is VALUES["a lambda"]


def boolean(value):
    return isinstance(value, bool)


def seed(value):
    return value is None or is_int(value, 0)


# The values above that an argument accepts, by argument.
ACCEPTED = {
    "activation": none,
    "anomalous": none,
    "anomaly_score": lambda value: value is None or value is VALUES["a lambda"],
    "attribute": word,
    "autoencoder": nothing,
    "count": positive_int,
    "exponent": is_number,
    "floor": positive,
    "function": a_lambda,
    "image_size": optional(positive_int),
    "irregularity": non_negative,
    "keep_noise": boolean,
    "likelihood": none,
    "limit": share_up_to_one,
    "masks": none,
    "noise": non_negative,
    "opacity": nothing,
    "pooling": nothing,
    "resize": nothing,
    "score": a_lambda,
    "scores": nothing,
    "shapes": nothing,
    "size": nothing,
    "smoothing": non_negative,
    "textures": nothing,
    "top": share_up_to_one,
    "typicality": boolean,
    "cycles": positive_int,
    "dims": positive_int,
    "end": non_negative,
    "freq": optional(positive_int),
    "hparams": lambda value: value is None or isinstance(value, dict),
    "images": nothing,
    "input_shape": none,
    "iterations_per_step": positive_int,
    "keep": optional(positive_int),
    "learning_rate": lambda value: non_negative(value) or a_lambda(value),
    "labels": none,
    "log_dir": word,
    "max_dims": positive_int,
    "max_flops": optional(positive_int),
    "max_images": positive_int,
    "max_parameters": optional(positive_int),
    "n": positive_int,
    "n_components": positive_int,
    "normal": nothing,
    "pairs": positive_int,
    "patience": optional(positive_int),
    "rate_weight": optional(non_negative),
    "schedule": a_lambda,
    "shown_images": positive_int,
    "smallest_side": positive_int,
    "span": positive,
    "start": non_negative,
    "steps": positive_int,
    "tunable": boolean,
    "worst": positive_int,
    "adversarial_weight": non_negative,
    "beta": non_negative,
    "blocks_per_level": positive_int,
    "blurred_pooling": boolean,
    "bottleneck": none,
    "code_dim": positive_int,
    "codebook_size": positive_int,
    "commitment_weight": non_negative,
    "convs_per_level": positive_int,
    "corruption": none,
    "decay": fraction,
    "decoder": nothing,
    "discriminator_units": nothing,
    "encoder": nothing,
    "epsilon": positive,
    "factor": positive_int,
    "filters": nothing,
    "free_bits": non_negative,
    "groups": positive_int,
    "high": lambda value: is_number(value) and 0.1 <= value <= 1,
    "interpolation": nothing,
    "kernel": nothing,
    "kernel_size": positive_int,
    "latent_dim": optional(positive_int),
    "levels": nothing,
    "low": lambda value: is_number(value) and 0 <= value <= 0.2,
    "losses": nothing,
    "loss_on": nothing,
    "max_value": positive,
    "merge": nothing,
    "min_value": lambda value: is_number(value) and value < 2,
    "mmd_weight": non_negative,
    "method": none,
    "momentum": fraction,
    "name": optional(word),
    "normalization": none,
    "normalizer": none,
    "outermost_skip": boolean,
    "output_activation": none,
    "patch_size": positive_int,
    "peak": positive,
    "penalty": nothing,
    "pool_size": positive_int,
    "probes": positive_int,
    "quality": lambda value: is_number(value) and 1 <= value <= 100,
    "radius": positive_int,
    "rank": lambda value: is_int(value, 1) and value <= 3,
    "ratio": share,
    "replacement": nothing,
    "revival_threshold": non_negative,
    "salt": lambda value: is_number(value) and 0 <= value <= 1,
    "seed": seed,
    "sigma": positive,
    "strides": positive_int,
    "structured_mask": none,
    "subsampling": boolean,
    "target": share,
    "threshold": non_negative,
    "units": nothing,
    "upsampling": nothing,
    "values_per_image": optional(positive_int),
    "weight": non_negative,
    "weights": nothing,
}
# Classes in which an argument of this name has another meaning.
ACCEPTED_BY = {
    ("BlindSpotCAE", "patch_size"): optional(positive_int),
    ("RandomOcclusion", "count"): optional(positive_int),
    ("BlindSpots", "structured_mask"): lambda value: any(value is VALUES[name] for name in MASKS),
    ("CAE", "rank"): none,
    ("ConvBlock", "filters"): positive_int,
    ("Muon", "name"): lambda value: value is None or isinstance(value, str),
    ("Penalty", "name"): word,
    ("ResidualBlock", "filters"): positive_int,
    ("ResidualBlock", "upsampling"): none,
    ("TransposedConvBlock", "filters"): positive_int,
    ("TransposedConvBlock", "upsampling"): positive_int,
    ("VectorQuantizedCAE", "code_dim"): none,  # The model in the table has only one level.
    ("VectorQuantizedCAE", "codebook_size"): none,
    ("VectorQuantizedCAE", "levels"): none,
    ("SaltAndPepper", "max_value"): lambda value: is_number(value) and value > -1,
    ("Weighted", "weights"): none,
}


def arguments_of(cls):
    parameters = inspect.signature(cls.__init__).parameters.values()
    return [p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD]


def accepted_by(cls, argument):
    return ACCEPTED_BY.get((cls.__name__, argument)) or ACCEPTED.get(argument)


@pytest.mark.tables
def test_the_tables_name_every_public_class():
    public = {getattr(module, name) for module in (callbacks, hypermodels, samplers) for name in module.__all__}
    spaces = {hypermodels.Choices, hypermodels.Fixed, hypermodels.Range}
    bases = {hypermodels.HyperAutoencoder, hypermodels.HyperPyramid}
    where = "REQUIRED in tests/project/test_wrong_values.py, with the arguments without which it can't be made"
    check_table({cls for cls in public if inspect.isclass(cls)} - spaces - bases, REQUIRED, where)


CASES = [(cls, argument) for cls in MADE for argument in arguments_of(cls)]


@pytest.mark.tables
def test_the_table_names_every_argument():
    missing = sorted({argument for cls, argument in CASES if not accepted_by(cls, argument)})
    assert not missing, f"add {missing} to ACCEPTED in tests/project/test_wrong_values.py: which of VALUES they accept"


@pytest.mark.parametrize(("cls", "argument"), CASES, ids=lambda part: getattr(part, "__name__", part))
def test_wrong_values(cls, argument):
    accepts = accepted_by(cls, argument)
    assert accepts, f"add {argument!r} to ACCEPTED"
    wrong = []
    for label, value in VALUES.items():
        if accepts(value):
            continue
        try:
            cls(**{**MADE[cls](), argument: value})
        except (TypeError, ValueError) as error:
            if argument not in str(error):
                wrong.append(f"{label}: {type(error).__name__}: {error}")
        except Exception as error:
            wrong.append(f"{label}: {type(error).__name__}: {error}")
        else:
            wrong.append(f"{label}: passed")
    assert not wrong, "\n".join(wrong)
