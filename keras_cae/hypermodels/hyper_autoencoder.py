"""The base of the hypermodels: the search space, and how a trial builds and trains its model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import keras
import keras_tuner

from keras_cae.anomaly.get import get
from keras_cae.hypermodels.model_size import model_size
from keras_cae.hypermodels.search_space import PLAIN, Space, bounded, extremes, is_listed, possible
from keras_cae.hypermodels.shared_space import CHECKS, NOISES, OPTIMIZERS, SHARED_SPACE
from keras_cae.hypermodels.trial_training import TrialTraining
from keras_cae.kinds import KINDS
from keras_cae.metrics import PSNR
from keras_cae.models import CAE
from keras_cae.serialization import deserialize_layer, serialize_layer
from keras_cae.validation import boolean, non_negative_float, optional, positive_int, positive_ints, text
from keras_cae.validation import seed as seed_rule


class HyperAutoencoder(keras_tuner.HyperModel):
    """The base of the hypermodels. To tune a model of your own, derive from it and set the class and its space.

    Trials are compared by the PSNR of the reconstructions of clean validation images, whatever their loss, noise or
    penalty weights. Give the tuner `objective=hypermodel.objective`; no other objective works. `search` needs
    validation data.

    Every hyperparameter is also an argument of the constructor. A single value fixes it, `(low, high)` searches the
    numbers in between, and a list searches its values; `Fixed`, `Range` and `Choices` do the same and also take a
    default and a scale. These are the shared hyperparameters and their default search spaces:

    - `latent_dim`: 32. The size of the code. In KerasTuner: `model/latent_dim`.
    - `corruption`: none. Or "gaussian_noise", "dropout", or a layer. In KerasTuner: `corruption/kind`.
    - `corruption_strength`: 0.01 to 0.3, if there is noise. In KerasTuner: `corruption/strength`.
    - `loss`: mse. The name of a loss, or a loss. In KerasTuner: `training/loss`, as with those that follow.
    - `optimizer`: adam, nadam or rmsprop. Or "sgd".
    - `learning_rate`: 0.0003 to 0.01. Or a schedule.
    - `weight_decay`: 1e-6 to 0.01.
    - `batch_size`: 128, 32, 64 or 256, for arrays. None for data that are batched already.

    Fixed values are not listed among the hyperparameters of a trial. The first of several values is tried first; wide
    ranges are searched on a logarithmic scale.

    Args:
        input_shape: `(height, width, channels)` of the images, `(length, channels)` of signals,
            `(depth, height, width, channels)` of volumes: it decides the `rank` of the models, which without it
            are for images. With it models are built by `build`, which `max_model_size` of a tuner and
            Hyperband's resumed optimizers need.
        max_parameters: larger models are rejected, without being made.
        max_flops: so are those whose forward pass takes more floating-point operations for an image. They are
            counted in convolutions and matrix products; a multiplication and its addition are two.
        rate_weight: decibels that one more number in the code must gain. The objective then is the PSNR
            less `rate_weight` times the size of the code, `val_rate_distortion`, so that the larger code
            does not always win.
        anomaly_score: a score of `keras_cae.anomaly`, by name or as an object, with which trials are compared by how
            well a detector finds anomalies: the objective then is the AUROC of images, `val_image_auroc`. `search`
            needs validation data `(images, labels)` or `(images, labels, masks)`, arrays with the label 1 for
            anomalous images; the normal ones among them calibrate the detector.
        patience: epochs without a better objective after which a trial is stopped; None for no such stop.
        keep: number of the best trials whose checkpoints stay on the disk; None for all.
        seed: seed of every trial's weights, noise and order of images; None for other ones each time.
        name: name of the hypermodel.
        tunable: False searches only what the tuner's own `hyperparameters` name; the rest has its default.
        **space: the hyperparameters to fix or to bound.

    Raises:
        ValueError: an argument is invalid, or no trial could use a value of the space.
        TypeError: the space names a hyperparameter that does not exist.

    Example:

    >>> from keras_cae.hypermodels import Choices, Fixed
    >>> class HyperShallow(keras_cae.hypermodels.HyperAutoencoder):
    ...     model_class = keras_cae.models.BasicCAE
    ...     own_space = {"kernel_size": Choices((3, 5)), "filters": Fixed((16, 32))}
    >>> hypermodel = HyperShallow((28, 28, 1), latent_dim=(8, 32), kernel_size=5)
    >>> hypermodel.objective.name
    'val_psnr'
    """

    model_class: ClassVar[type[CAE]]
    """The model that is built."""
    measures_denoising: ClassVar[bool] = False
    """Whether trials are compared by how well they remove their corruption, the same one for all."""
    own_space: ClassVar[Mapping[str, Space]] = {}
    """The hyperparameters that are the model's own; their names in KerasTuner begin with the model's."""
    shared_space: ClassVar[Mapping[str, tuple[str, Space]]] = SHARED_SPACE
    """Those that models share; what the model has no use for may be missing."""

    def __init__(
        self,
        input_shape: Sequence[int] | None = None,
        *,
        max_parameters: int | None = None,
        max_flops: int | None = None,
        rate_weight: float | None = None,
        anomaly_score: Any = None,
        patience: int | None = None,
        keep: int | None = 10,
        seed: int | None = None,
        name: str | None = None,
        tunable: bool = True,
        **space: Any,
    ) -> None:
        super().__init__(name=optional(text)(name, "name"), tunable=boolean(tunable, "tunable"))
        self.input_shape = None if input_shape is None else _image_shape(input_shape)
        self.rank = 2 if self.input_shape is None else len(self.input_shape) - 1
        self.max_parameters = optional(positive_int)(max_parameters, "max_parameters")
        self.max_flops = optional(positive_int)(max_flops, "max_flops")
        self.rate_weight = optional(non_negative_float)(rate_weight, "rate_weight")
        self.anomaly_score = optional(_checked_score)(anomaly_score, "anomaly_score")
        if self.anomaly_score is not None and self.rate_weight is not None:
            raise ValueError(
                f"rate_weight must be left out if trials are compared by anomaly_score, got {rate_weight!r}."
            )
        self.patience = optional(positive_int)(patience, "patience")
        self.keep = optional(positive_int)(keep, "keep")
        self.seed = seed_rule(seed, "seed")
        # KerasTuner resets the policy before every trial.
        self.dtype = keras.config.dtype_policy().name
        self.told_of_batch_size = False
        self.space = self.narrowed(space)
        self._check_values(space)

    @property
    def objective(self) -> keras_tuner.Objective:
        """What trials are compared by."""
        name = "val_psnr" if self.rate_weight is None else "val_rate_distortion"
        if self.anomaly_score is not None:
            name = "val_image_auroc"
        return keras_tuner.Objective(name, "max")

    # The search space

    def full_space(self) -> dict[str, tuple[str, Space]]:
        """Return the name in KerasTuner, and what is searched, of every hyperparameter."""
        prefix = self.model_class.__name__
        own = {key: (f"{prefix}/{key}", space) for key, space in self.own_space.items()}
        return {**self.shared_space, **own}

    def narrowed(self, given: dict[str, Any]) -> dict[str, tuple[str, Space]]:
        """Return the full space, as the arguments of the constructor fix and bound it."""
        space = self.full_space()
        for key, value in given.items():
            if key not in space:
                raise unknown(self, key, space)
            name, default = space[key]
            space[key] = (name, bounded(key, value, default))
        return space

    def _check_values(self, given: Iterable[str]) -> None:
        """Raise a `ValueError` if no trial could take one of the values that were given."""
        for key in given:
            for value in extremes(self.space[key][1]) if key in self.space else ():
                try:
                    self._check_value(key, value)
                except (TypeError, ValueError) as error:
                    raise ValueError(f"{key}={value!r} can't be searched: {error}") from error

    def _check_value(self, key: str, value: Any) -> None:
        if key in CHECKS:
            CHECKS[key](value, key)
        # The model itself knows best what it takes.
        hp = keras_tuner.HyperParameters()
        if isinstance(value, PLAIN):
            hp.values[self.space[key][0]] = value
        self.make(hp)

    def draw(self, hp: keras_tuner.HyperParameters, key: str) -> Any:
        """Return the value of a hyperparameter in a trial."""
        name, space = self.space[key]
        return space.draw(hp, name)

    # A trial's model

    def architecture(self, hp: keras_tuner.HyperParameters) -> tuple[type[CAE], dict[str, Any]]:
        """Return the class of a trial's model, and the arguments that are its own."""
        return self.model_class, {key: self.draw(hp, key) for key in self.own_space}

    def make(self, hp: keras_tuner.HyperParameters) -> CAE:
        """Return the model of a trial, neither built nor compiled."""
        model_class, architecture = self.architecture(hp)
        # Images are what models are for that know of no other rank.
        rank = {} if self.rank == 2 else {"rank": self.rank}
        shared = {"corruption": self._corruption(hp), "dtype": self.dtype, **rank}
        return model_class(**self.code(hp), **architecture, **shared)

    def code(self, hp: keras_tuner.HyperParameters) -> dict[str, Any]:
        """Return the arguments that say what the codes of a trial's model are, whatever its architecture."""
        return {"latent_dim": self.draw(hp, "latent_dim")} if "latent_dim" in self.space else {}

    def _corruption(self, hp: keras_tuner.HyperParameters) -> keras.layers.Layer | None:
        kind = self.draw(hp, "corruption")
        if not isinstance(kind, str):
            # A layer of its own for every trial, because it has a state.
            return deserialize_layer(serialize_layer(kind))
        if possible(self.space["corruption"][1]) == ("none",):
            return None
        if not is_listed(hp, "corruption/kind"):
            return self._noise(hp, kind)
        with hp.conditional_scope("corruption/kind", sorted(NOISES)):
            return self._noise(hp, kind)

    def _noise(self, hp: keras_tuner.HyperParameters, kind: str) -> keras.layers.Layer | None:
        return NOISES[kind](self.draw(hp, "corruption_strength")) if kind in NOISES else None

    def build(self, hp: keras_tuner.HyperParameters) -> CAE:
        """Return the model of a trial: compiled, and built if the images' shape is known and it is not too large."""
        shape = self.input_shape
        fits = shape is not None and self.excess(hp, shape) is None
        if self.seed is not None:
            keras.utils.set_random_seed(self.seed)
        model = self.make(hp)
        if fits:
            model.build((None, *shape))  # type: ignore[misc]  # not None
        self.compile(hp, model)
        self.draw(hp, "batch_size")  # Of `fit`; KerasTuner lists before the search what `build` draws.
        if model.built:
            # Built as well, or a checkpoint could not bring its state back.
            model.optimizer.build(model.trainable_variables)
        return model

    def compile(self, hp: keras_tuner.HyperParameters, model: CAE) -> None:
        """Compile the model of a trial."""
        optimizer = OPTIMIZERS[self.draw(hp, "optimizer")](
            self.draw(hp, "learning_rate"), weight_decay=self.draw(hp, "weight_decay")
        )
        model.compile(optimizer, loss=self.draw(hp, "loss"), metrics=[PSNR()])

    def excess(self, hp: keras_tuner.HyperParameters, image_shape: Any) -> str | None:
        """Return a sentence on how a trial's model exceeds its limits for images of a shape; None if it does not."""
        if self.max_parameters is None and self.max_flops is None:
            return None
        size = model_size(lambda: self.make(hp), image_shape)
        limits = {"parameters": self.max_parameters, "flops": self.max_flops}
        for what, limit in limits.items():
            if limit is not None and getattr(size, what) > limit:
                return f"the model has {getattr(size, what):,} {what}, more than max_{what}={limit:,}"
        return None

    # A trial's training

    def fit(self, hp: keras_tuner.HyperParameters, model: CAE, *args: Any, **kwargs: Any) -> Any:
        """Train the model of a trial, as `model.fit` does.

        Args:
            hp: the values of the trial.
            model: what `build` returned.
            *args: positional arguments of `keras_cae.models.CAE.fit`.
            **kwargs: arguments of `keras_cae.models.CAE.fit`. There must be validation data.

        Returns:
            The `keras.callbacks.History`.
        """
        hp = hp if self.tunable else hp.copy()
        return TrialTraining(self, hp, model, *args, **kwargs).run()


def unknown(hypermodel: HyperAutoencoder, key: str, known: Iterable[str]) -> TypeError:
    """Return the error for an argument that names no hyperparameter."""
    name = type(hypermodel).__name__
    return TypeError(f"{name} has no hyperparameter {key!r}, only {', '.join(sorted(known))}.")


def _image_shape(shape: Sequence[int]) -> tuple[int, ...]:
    shape = positive_ints(shape, "input_shape")
    if len(shape) - 1 not in KINDS:
        shapes = ", ".join(f"{KINDS[rank].shape_of_one} of {KINDS[rank].noun}" for rank in (2, 1, 3))
        raise ValueError(f"input_shape must be {shapes}, got {shape}.")
    return shape


def _checked_score(score: Any, name: str) -> Any:
    """Return a score of anomalies, as it was given: every trial has its own."""
    get(score, name)
    return score
