"""The base class of the hypermodels: the search space, and the model of a trial."""

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
    """Base class of the hypermodels. To tune your own model, subclass it and set `model_class` and `own_space`.

    Trials are compared by the PSNR of the reconstructions of clean validation images, so that trials with different
    losses, noise or penalty weights are comparable. Pass `objective=hypermodel.objective` to the tuner; no other
    objective works. `search` needs validation data.

    Every hyperparameter is also an argument of the constructor. A single value fixes it, `(low, high)` searches a range
    of numbers, and a list searches its values; `Fixed`, `Range` and `Choices` do the same and also take a default and a
    scale. These are the shared hyperparameters and their default search spaces:

    - `latent_dim`: 32. The size of the code. In KerasTuner: `model/latent_dim`.
    - `corruption`: none. Also "gaussian_noise", "dropout", or a layer. In KerasTuner: `corruption/kind`.
    - `corruption_strength`: 0.01 to 0.3, if there is noise. In KerasTuner: `corruption/strength`.
    - `loss`: mse. The name of a loss, or a loss. In KerasTuner: `training/loss`, and likewise for the following ones.
    - `optimizer`: adam, nadam or rmsprop. Also "sgd" and "muon", which is `keras_cae.optimizers.Muon`.
    - `learning_rate`: 0.0003 to 0.01. Also a schedule.
    - `weight_decay`: 1e-6 to 0.01.
    - `batch_size`: 128, 32, 64 or 256, for arrays. Use None for data that are already batched.

    Fixed values are not listed among the hyperparameters of a trial. The first of several values is tried first; wide
    ranges are searched on a logarithmic scale.

    Args:
        input_shape: `(height, width, channels)` of the images, `(length, channels)` of signals,
            `(depth, height, width, channels)` of volumes. It determines the `rank` of the models; without it, they
            are models for images. If it is given, `build` returns built models, which are required by the
            `max_model_size` of a tuner and by Hyperband to resume optimizers.
        max_parameters: the largest number of parameters. Larger models are rejected without being created.
        max_flops: the largest number of floating-point operations in the forward pass of an image, in convolutions
            and matrix products, where a multiplication and an addition count as two. Larger models are rejected.
        rate_weight: the number of decibels that each additional number in the code must gain. The objective then is
            `val_rate_distortion`, the PSNR minus `rate_weight` times the size of the code, so that the largest
            code does not always win.
        anomaly_score: a score of `keras_cae.anomaly`, by name or as an object, to compare trials by how well a
            detector with this score finds anomalies. The objective then is the AUROC of images, `val_image_auroc`.
            `search` needs validation data `(images, labels)` or `(images, labels, masks)`, arrays with the label 1
            for anomalous images; the detector is calibrated on the normal images.
        patience: number of epochs without improvement of the objective after which a trial is stopped, or None.
        keep: number of the best trials whose checkpoints are kept; None for all.
        seed: seed of the weights, the noise and the order of images in each trial; None for random ones.
        name: name of the hypermodel.
        tunable: False to search only the tuner's own `hyperparameters`; the others get their defaults.
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
    """The class of the models."""
    measures_denoising: ClassVar[bool] = False
    """Whether trials are compared by how well they remove the corruption, which must be the same for all trials."""
    own_space: ClassVar[Mapping[str, Space]] = {}
    """The hyperparameters of the model class. Its name is the prefix of their names in KerasTuner."""
    shared_space: ClassVar[Mapping[str, tuple[str, Space]]] = SHARED_SPACE
    """The hyperparameters that models share, except for those that do not apply to the model class."""

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
                f"rate_weight and anomaly_score can't be combined, got rate_weight={rate_weight!r}. Omit one of them."
            )
        self.patience = optional(positive_int)(patience, "patience")
        self.keep = optional(positive_int)(keep, "keep")
        self.seed = seed_rule(seed, "seed")
        # KerasTuner resets the global policy before every trial.
        self.dtype = keras.config.dtype_policy().name
        self.warned_about_batch_size = False
        self.space = self.narrowed(space)
        self._check_values(space)

    @property
    def objective(self) -> keras_tuner.Objective:
        """The objective by which trials are compared."""
        name = "val_psnr" if self.rate_weight is None else "val_rate_distortion"
        if self.anomaly_score is not None:
            name = "val_image_auroc"
        return keras_tuner.Objective(name, "max")

    # The search space

    def full_space(self) -> dict[str, tuple[str, Space]]:
        """Return the name in KerasTuner and the search space of every hyperparameter."""
        prefix = self.model_class.__name__
        own = {key: (f"{prefix}/{key}", space) for key, space in self.own_space.items()}
        return {**self.shared_space, **own}

    def narrowed(self, given: dict[str, Any]) -> dict[str, tuple[str, Space]]:
        """Return the full space, narrowed by the arguments of the constructor."""
        space = self.full_space()
        for key, value in given.items():
            if key not in space:
                raise unknown(self, key, space)
            name, default = space[key]
            space[key] = (name, bounded(key, value, default))
        return space

    def _check_values(self, given: Iterable[str]) -> None:
        """Raise a `ValueError` if one of the given values is invalid in every trial."""
        for key in given:
            for value in extremes(self.space[key][1]) if key in self.space else ():
                try:
                    self._check_value(key, value)
                except (TypeError, ValueError) as error:
                    raise ValueError(f"{key}={value!r} can't be searched: {error}") from error

    def _check_value(self, key: str, value: Any) -> None:
        if key in CHECKS:
            CHECKS[key](value, key)
        # The model checks its own arguments.
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
        """Return the class of a trial's model, and the arguments that are specific to the class."""
        return self.model_class, {key: self.draw(hp, key) for key in self.own_space}

    def make(self, hp: keras_tuner.HyperParameters) -> CAE:
        """Return the model of a trial, neither built nor compiled."""
        model_class, architecture = self.architecture(hp)
        # Model classes without the argument `rank` are for images.
        rank = {} if self.rank == 2 else {"rank": self.rank}
        shared = {"corruption": self._corruption(hp), "dtype": self.dtype, **rank}
        return model_class(**self.code(hp), **architecture, **shared)

    def code(self, hp: keras_tuner.HyperParameters) -> dict[str, Any]:
        """Return the arguments of a trial's model that describe its codes."""
        return {"latent_dim": self.draw(hp, "latent_dim")} if "latent_dim" in self.space else {}

    def _corruption(self, hp: keras_tuner.HyperParameters) -> keras.layers.Layer | None:
        kind = self.draw(hp, "corruption")
        if not isinstance(kind, str):
            # Each trial gets its own copy, because a layer has state.
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
        """Return the compiled model of a trial, built if the shape of the images is known and it is not too large."""
        shape = self.input_shape
        fits = shape is not None and self.excess(hp, shape) is None
        if self.seed is not None:
            keras.utils.set_random_seed(self.seed)
        model = self.make(hp)
        if fits:
            model.build((None, *shape))  # type: ignore[misc]  # not None
        self.compile(hp, model)
        self.draw(hp, "batch_size")  # used in `fit`, but KerasTuner finds hyperparameters only in `build`
        if model.built:
            # Without this, checkpoints could not restore the state of the optimizer.
            model.optimizer.build(model.trainable_variables)
        return model

    def compile(self, hp: keras_tuner.HyperParameters, model: CAE) -> None:
        """Compile the model of a trial."""
        optimizer = OPTIMIZERS[self.draw(hp, "optimizer")](
            self.draw(hp, "learning_rate"), weight_decay=self.draw(hp, "weight_decay")
        )
        model.compile(optimizer, loss=self.draw(hp, "loss"), metrics=[PSNR()])

    def excess(self, hp: keras_tuner.HyperParameters, image_shape: Any) -> str | None:
        """Return how a trial's model exceeds the limits on its size, or None if it does not."""
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
        """Train the model of a trial with `model.fit`.

        Args:
            hp: the values of the trial.
            model: the model that `build` returned.
            *args: positional arguments of `keras_cae.models.CAE.fit`.
            **kwargs: arguments of `keras_cae.models.CAE.fit`, which must include validation data.

        Returns:
            The `keras.callbacks.History`.
        """
        hp = hp if self.tunable else hp.copy()
        return TrialTraining(self, hp, model, *args, **kwargs).run()


def unknown(hypermodel: HyperAutoencoder, key: str, known: Iterable[str]) -> TypeError:
    """Return the error for an argument that is not a hyperparameter."""
    name = type(hypermodel).__name__
    return TypeError(f"{name} has no hyperparameter {key!r}. Its hyperparameters are {', '.join(sorted(known))}.")


def _image_shape(shape: Sequence[int]) -> tuple[int, ...]:
    shape = positive_ints(shape, "input_shape")
    if len(shape) - 1 not in KINDS:
        shapes = ", ".join(f"{KINDS[rank].shape_of_one} of {KINDS[rank].noun}" for rank in (2, 1, 3))
        raise ValueError(f"input_shape must be {shapes}, got {shape}.")
    return shape


def _checked_score(score: Any, name: str) -> Any:
    """Check a score, and return it unchanged, because each trial creates its own copy."""
    get(score, name)
    return score
