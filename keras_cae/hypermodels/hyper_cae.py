"""The search among all architectures."""

import inspect
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
from keras_cae.hypermodels.search_space import Choices, Fixed, Space, draw_chosen, possible
from keras_cae.hypermodels.searched_bottleneck import BOTTLENECKS, SearchedBottleneck
from keras_cae.layers import Bottleneck
from keras_cae.models import CAE
from keras_cae.validation import one_of

ARCHITECTURE = "model/architecture"
BOTTLENECK = "model/bottleneck"


class HyperCAE(HyperAutoencoder):
    """Searches for the best architecture among the models that decode vectors of `latent_dim` values.

    The hyperparameters of a model, such as `BasicCAE/depth`, are those of its own hypermodel. They are searched only in
    the trials that choose the model. The arguments are those of `HyperAutoencoder` and of the models; an argument fixes
    or bounds a hyperparameter for all models that have it.

    - `architecture`: BasicCAE, BatchNormPoolCAE or ResidualCAE. Also the names of other models in `candidates`. In
      KerasTuner: `model/architecture`.
    - `bottleneck`: none. Also "gaussian", "mmd", "adversarial", "sparse" or "contractive", with the hyperparameters of
      the layer, such as `GaussianBottleneck/beta`. For instance, `bottleneck="gaussian"` finds the best network of a
      variational autoencoder. A penalty makes reconstructions worse, so a search over a list that contains "none"
      selects "none" unless a penalty generalizes better. In KerasTuner: `model/bottleneck`.

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
    """The hypermodels of the models that `architecture` can name."""
    searched = ("BasicCAE", "BatchNormPoolCAE", "ResidualCAE")

    def full_space(self) -> dict[str, tuple[str, Space]]:
        return {
            **self.shared_space,
            "architecture": (ARCHITECTURE, Choices(self.searched)),
            "bottleneck": (BOTTLENECK, Fixed("none")),
        }

    def narrowed(self, given: dict[str, Any]) -> dict[str, tuple[str, Space]]:
        shared = {key: value for key, value in given.items() if key in self.full_space()}
        own = {key: value for key, value in given.items() if key not in shared}
        space = super().narrowed(shared)
        self.bottlenecks = _bottlenecks(space["bottleneck"][1], own)
        self.members = self._members(space["architecture"][1], own)
        parts: list[HyperAutoencoder | SearchedBottleneck] = [*self.members.values(), *self.bottlenecks.values()]
        searched = {*space, *NOT_SEARCHED, *(key for part in parts for key in part.own_space)}
        for key in own:
            if key not in searched:
                raise unknown(self, key, searched)
        return space

    def _members(self, space: Space, own: dict[str, Any]) -> dict[str, HyperAutoencoder]:
        """Return the hypermodel of each architecture that may be chosen."""
        known = {candidate.model_class.__name__: candidate for candidate in self.candidates}
        chosen = [one_of(name, "architecture", tuple(known)) for name in possible(space)]
        for name in chosen if self.bottlenecks else ():
            if "bottleneck" not in inspect.signature(known[name].model_class).parameters:
                raise ValueError(
                    f"architecture must name models with the argument bottleneck if a bottleneck is searched, got "
                    f"{name!r}, which has its own. Omit it, or omit bottleneck={[*self.bottlenecks]}."
                )
        return {name: known[name](self.input_shape, **_of(known[name], own)) for name in chosen}

    def architecture(self, hp: keras_tuner.HyperParameters) -> tuple[type[CAE], dict[str, Any]]:
        architectures = {name: member.architecture for name, member in self.members.items()}
        model_class, arguments = draw_chosen(hp, ARCHITECTURE, self.draw(hp, "architecture"), architectures)
        bottleneck = self._bottleneck(hp)
        return model_class, arguments if bottleneck is None else {**arguments, "bottleneck": bottleneck}

    def _bottleneck(self, hp: keras_tuner.HyperParameters) -> Bottleneck | None:
        kind = self.draw(hp, "bottleneck")
        if not self.bottlenecks:
            return None
        kinds = {
            name: lambda hp, searched=searched: searched.draw(hp, self.dtype)
            for name, searched in self.bottlenecks.items()
        }
        return draw_chosen(hp, BOTTLENECK, kind, {"none": lambda hp: None, **kinds})


def _bottlenecks(space: Space, own: dict[str, Any]) -> dict[str, SearchedBottleneck]:
    """Return the bottlenecks that may be chosen, except for "none"."""
    kinds = [one_of(kind, "bottleneck", ("none", *BOTTLENECKS)) for kind in possible(space)]
    return {kind: SearchedBottleneck(kind, own) for kind in kinds if kind != "none"}


def _of(candidate: type[HyperAutoencoder], given: dict[str, Any]) -> dict[str, Any]:
    """Return the given hyperparameters that a candidate has."""
    return {key: value for key, value in given.items() if key in {*candidate.own_space, *NOT_SEARCHED}}
