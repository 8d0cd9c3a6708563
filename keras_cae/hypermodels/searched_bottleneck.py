"""The bottlenecks that a search can choose, with the hyperparameters of each."""

from collections.abc import Mapping
from typing import Any

import keras_tuner

from keras_cae.hypermodels.search_space import Fixed, Range, Space, bounded, extremes
from keras_cae.layers import (
    AdversarialBottleneck,
    Bottleneck,
    ContractiveBottleneck,
    GaussianBottleneck,
    MMDBottleneck,
    SparseBottleneck,
)

GAUSSIAN_SPACE: dict[str, Space] = {
    "beta": Range(1e-3, 0.1, default=0.01, log=True),
    "free_bits": Fixed(0.0),
}
MMD_SPACE: dict[str, Space] = {"mmd_weight": Range(0.1, 10.0, default=1.0, log=True), "kernel": Fixed("imq")}
ADVERSARIAL_SPACE: dict[str, Space] = {"adversarial_weight": Range(1e-3, 0.03, default=5e-3, log=True)}
PENALTY_SPACE: dict[str, Space] = {"weight": Range(1e-5, 1e-2, default=1e-3, log=True)}

BOTTLENECKS: Mapping[str, tuple[type[Bottleneck], dict[str, Space]]] = {
    "gaussian": (GaussianBottleneck, GAUSSIAN_SPACE),
    "mmd": (MMDBottleneck, MMD_SPACE),
    "adversarial": (AdversarialBottleneck, ADVERSARIAL_SPACE),
    "sparse": (SparseBottleneck, PENALTY_SPACE),
    "contractive": (ContractiveBottleneck, PENALTY_SPACE),
}
"""The layers whose codes are vectors of `latent_dim` values, by the values of `bottleneck`."""


class SearchedBottleneck:
    """A kind of bottleneck whose hyperparameters each trial chooses.

    Args:
        kind: a key of `BOTTLENECKS`.
        given: the hyperparameters that the user has fixed or bounded, of which those of other layers are ignored.

    Raises:
        ValueError: the layer does not accept a value of the space.
    """

    def __init__(self, kind: str, given: Mapping[str, Any]) -> None:
        self.layer_class, space = BOTTLENECKS[kind]
        self.own_space = {key: bounded(key, given[key], each) if key in given else each for key, each in space.items()}
        for key, each in self.own_space.items():
            for value in extremes(each):
                try:
                    self.layer_class(**{key: value})
                except (TypeError, ValueError) as error:
                    raise ValueError(f"{key}={value!r} can't be searched: {error}") from error

    def draw(self, hp: keras_tuner.HyperParameters, dtype: Any) -> Bottleneck:
        """Return the layer of a trial."""
        prefix = self.layer_class.__name__
        drawn = {key: each.draw(hp, f"{prefix}/{key}") for key, each in self.own_space.items()}
        return self.layer_class(**drawn, dtype=dtype, name="bottleneck")
