"""The hyperparameters that models share: those of the code, the corruption and the training."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from keras_cae.hypermodels.search_space import Choices, Fixed, Range, Space
from keras_cae.optimizers import Muon
from keras_cae.validation import non_negative_float, one_of, optional, positive_float, positive_int

NOISES = {"gaussian_noise": keras.layers.GaussianNoise, "dropout": keras.layers.Dropout}
"""The layers for the values of `corruption`."""
OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
    "muon": Muon,
}

# The name in KerasTuner and the search space of each argument of the hypermodels.
SHARED_SPACE: Mapping[str, tuple[str, Space]] = {
    "latent_dim": ("model/latent_dim", Fixed(32, log=True)),
    "corruption": ("corruption/kind", Fixed("none")),
    "corruption_strength": ("corruption/strength", Range(0.01, 0.3, default=0.1, log=True)),
    "loss": ("training/loss", Fixed("mse")),
    "optimizer": ("training/optimizer", Choices(("adam", "nadam", "rmsprop"))),
    "learning_rate": ("training/learning_rate", Range(3e-4, 1e-2, default=1e-3, log=True)),
    "weight_decay": ("training/weight_decay", Range(1e-6, 1e-2, default=1e-4, log=True)),
    "batch_size": ("training/batch_size", Choices((128, 32, 64, 256), log=True)),
}

WITHOUT_LATENT_DIM = {key: value for key, value in SHARED_SPACE.items() if key != "latent_dim"}
"""The shared search space of models whose codes are feature maps."""


def _check_corruption(value: Any, name: str) -> None:
    if isinstance(value, str):
        one_of(value, name, ("none", *NOISES))
    elif not isinstance(value, keras.layers.Layer):
        raise ValueError(f"{name} must be a Keras layer or a name, got {value!r}.")


def _check_strength(value: Any, name: str) -> None:
    for noise in NOISES.values():
        noise(value)


def _check_optimizer(value: Any, name: str) -> None:
    one_of(value, name, tuple(OPTIMIZERS))


def _check_learning_rate(value: Any, name: str) -> None:
    if not isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        positive_float(value, name)


def _check_loss(value: Any, name: str) -> None:
    keras.losses.get(value)


CHECKS: Mapping[str, Callable[[Any, str], object]] = {
    "corruption": _check_corruption,
    "corruption_strength": _check_strength,
    "loss": _check_loss,
    "optimizer": _check_optimizer,
    "learning_rate": _check_learning_rate,
    "weight_decay": non_negative_float,
    "batch_size": optional(positive_int),
}
"""Checks of the values of hyperparameters that the models don't check themselves."""
