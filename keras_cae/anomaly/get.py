"""Scores by name."""

import importlib
from typing import Any

import keras

from keras_cae.anomaly.score import Score

NAMES = {
    "mse": "MSEScore",
    "mae": "MAEScore",
    "ssim": "SSIMScore",
    "relative": "RelativeScore",
    "standardized": "StandardizedScore",
    "latent": "LatentScore",
    "elbo": "ELBOScore",
}
"""The class of each name."""


def get(identifier: Any, name: str = "score") -> Score:
    """Return the score for an identifier.

    Args:
        identifier: "mse", "mae", "ssim", "relative", "standardized", "latent" or "elbo"; several of these, joined by
            "+"; a `Score`; its configuration; or a function of images and reconstructions (see `FunctionScore`).
        name: name of the argument, for errors.

    Raises:
        ValueError: the identifier is none of these.

    Example:

    >>> type(keras_cae.anomaly.get("mse+ssim")).__name__
    'Combined'
    """
    # The namespace imports this module, so it can only be imported later.
    namespace = importlib.import_module("keras_cae.anomaly")
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, Score):
        return identifier
    if isinstance(identifier, str):
        names = [part.strip() for part in identifier.split("+")]
        if all(part in NAMES for part in names):
            scores = [getattr(namespace, NAMES[part])() for part in names]
            return scores[0] if len(scores) == 1 else namespace.Combined(scores)
    elif callable(identifier) and not isinstance(identifier, type | keras.layers.Layer):
        return namespace.FunctionScore(identifier)
    expected = ", ".join(map(repr, NAMES))
    raise ValueError(
        f"{name} must be one of {expected}, several of them joined by '+', a keras_cae.anomaly.Score or a function of "
        f"images and reconstructions, got {identifier!r}."
    )
