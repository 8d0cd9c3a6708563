"""The search among all architectures."""

from typing import Any, ClassVar

import keras_tuner

from keras_cae.hypermodels.hyper_adversarial_cae import HyperAdversarialCAE
from keras_cae.hypermodels.hyper_autoencoder import HyperAutoencoder, unknown
from keras_cae.hypermodels.hyper_basic_cae import HyperBasicCAE
from keras_cae.hypermodels.hyper_batch_norm_pool_cae import HyperBatchNormPoolCAE
from keras_cae.hypermodels.hyper_masked_cae import HyperMaskedCAE
from keras_cae.hypermodels.hyper_pyramid import NOT_SEARCHED
from keras_cae.hypermodels.hyper_residual_cae import HyperResidualCAE
from keras_cae.hypermodels.hyper_skip_connection_cae import HyperSkipConnectionCAE
from keras_cae.hypermodels.hyper_variational_cae import HyperVariationalCAE
from keras_cae.hypermodels.hyper_wasserstein_cae import HyperWassersteinCAE
from keras_cae.hypermodels.search_space import Choices, Space, draw_chosen, possible
from keras_cae.models import CAE
from keras_cae.validation import one_of

ARCHITECTURE = "model/architecture"


class HyperCAE(HyperAutoencoder):
    """Finds the architecture too: one of the models whose decoders see nothing but a code of `latent_dim`.

    The hyperparameters of a model, such as `BasicCAE/depth`, are those of its own hypermodel, and are
    searched only in the trials that choose it. Arguments are those of `HyperAutoencoder`, and those of the
    models: one argument fixes or bounds a hyperparameter for all models that have it.

    - `architecture`: BasicCAE, BatchNormPoolCAE or ResidualCAE. Or other models of `candidates`, by their
      names. In KerasTuner: `model/architecture`.

    Example:

    >>> names = ["BatchNormPoolCAE", "BasicCAE"]
    >>> hypermodel = keras_cae.hypermodels.HyperCAE((28, 28, 1), architecture=names)
    >>> type(hypermodel.build(keras_tuner.HyperParameters())).__name__
    'BatchNormPoolCAE'
    """

    candidates: ClassVar[tuple[type[HyperAutoencoder], ...]] = (
        HyperBasicCAE,
        HyperBatchNormPoolCAE,
        HyperResidualCAE,
        HyperSkipConnectionCAE,
        HyperVariationalCAE,
        HyperWassersteinCAE,
        HyperAdversarialCAE,
        HyperMaskedCAE,
    )
    """What `architecture` may name."""
    searched = ("BasicCAE", "BatchNormPoolCAE", "ResidualCAE")

    def full_space(self) -> dict[str, tuple[str, Space]]:
        return {**self.shared_space, "architecture": (ARCHITECTURE, Choices(self.searched))}

    def narrowed(self, given: dict[str, Any]) -> dict[str, tuple[str, Space]]:
        shared = {key: value for key, value in given.items() if key in self.full_space()}
        own = {key: value for key, value in given.items() if key not in shared}
        space = super().narrowed(shared)
        known = {candidate.model_class.__name__: candidate for candidate in self.candidates}
        chosen = [one_of(name, "architecture", tuple(known)) for name in possible(space["architecture"][1])]
        self.members = {name: known[name](self.input_shape, **_of(known[name], own)) for name in chosen}
        searched = {*space, *NOT_SEARCHED, *(key for member in self.members.values() for key in member.own_space)}
        for key in own:
            if key not in searched:
                raise unknown(self, key, searched)
        return space

    def architecture(self, hp: keras_tuner.HyperParameters) -> tuple[type[CAE], dict[str, Any]]:
        chosen = self.draw(hp, "architecture")
        architectures = {name: member.architecture for name, member in self.members.items()}
        return draw_chosen(hp, ARCHITECTURE, chosen, architectures)


def _of(candidate: type[HyperAutoencoder], given: dict[str, Any]) -> dict[str, Any]:
    """Those of the hyperparameters given that a candidate has."""
    return {key: value for key, value in given.items() if key in {*candidate.own_space, *NOT_SEARCHED}}
