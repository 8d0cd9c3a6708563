"""The base class of all autoencoders: its networks, and the flow of images through them."""

import functools
import math
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.hyperparameters import Hyperparameters, plain
from keras_cae.images import check_image_batch, compatible, crop, image_size
from keras_cae.inner_layers import inner_layers
from keras_cae.kinds import KINDS
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.layers.data_scale import DataScale
from keras_cae.layers.penalty import Penalty
from keras_cae.models.coding import Coding
from keras_cae.models.corrupting import Corrupting
from keras_cae.models.listing import Listed
from keras_cae.models.model_files import ModelFiles
from keras_cae.networks.graphs import GivenNetworks, Graphs, check_single_output, graphs_of_networks
from keras_cae.networks.network import Network
from keras_cae.ranks import rank_rule
from keras_cae.serialization import layer
from keras_cae.training.input_gate import InputGate
from keras_cae.training.normalizing import (
    adapt,
    batches_to_adapt_to,
    check_integers,
    first_images,
    is_adapted,
    normalizer_rule,
)
from keras_cae.training.output_range import last_activation
from keras_cae.training.step_context import current_step
from keras_cae.validation import optional

PARTS = ("encoder", "decoder", "bottleneck")


def network(value: Any, name: str) -> keras.Model:
    """Validate a network: a `keras.Model` or its configuration."""
    value = layer(value, name) if isinstance(value, dict) else value
    if not isinstance(value, keras.Model):
        raise TypeError(f"{name} must be a keras.Model, got {value!r}.")
    return value


@keras.saving.register_keras_serializable(package="keras_cae")
class CAE(Listed, Hyperparameters, Corrupting, Coding, ModelFiles):
    """Autoencoder that is composed of any two networks and trained by plain `model.fit`.

        images ─ corruption ─▶ encoder ─▶ bottleneck ─▶ decoder ─▶ reconstruction

    `fit(x)` trains the model to reconstruct `x`. `fit(x, y)` trains it to map `x` to the images `y`, for example noisy
    images to clean ones. Training, evaluation and saving are those of `keras.Model` and give the same numbers. In
    addition:

    - Integer images are scaled to [0, 1] on the device, by the largest value of their type.
    - A `sample_weight` of shape `(n,)` gives each image one weight, with or without `y`.
    - Training stops with an error at a batch that the model can't learn from, such as values from 0 to 255 for a
      sigmoid or values that are not finite. Such a batch does not change the model.
    - The corruption is applied in training and evaluation, but never by `predict`. Every evaluation uses the same
      noise, so that validation losses can be compared.

    The bottleneck determines what else the model can do. `sample` generates images if the bottleneck has a prior;
    `posterior` and `log_likelihood` need a `GaussianBottleneck`; with a quantizer, codes are integers. The weights of
    the bottleneck's penalties, such as `beta`, are attributes of the model.

    Args:
        encoder: `keras.Model` from images to codes, or to the input of the bottleneck. The attribute `encoder` of the
            built model includes the bottleneck and returns the codes.
        decoder: `keras.Model` from codes to images.
        bottleneck: layer between the encoder and the decoder; by default, codes pass unchanged.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes. By default that of the encoder's input
            shape; 2 if the encoder has none yet.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets. It is called
            with `training=True`.
        normalizer: `keras.layers.Normalization` for data of any unit, which the first `fit` adapts. The networks and
            the loss see normalized channels; inputs and outputs have the unit of the data. A normalizer that has
            already been adapted is not changed.
        **kwargs: arguments of `keras.Model`.

    Input shape: `(n, height, width, channels)`, as the encoder takes it; with `rank=1` `(n, length, channels)`,
    with `rank=3` `(n, depth, height, width, channels)`.

    Output shape: that of the decoder.

    Attributes:
        built_shape: shape that the model was built for, with None for axes that may differ from batch to batch.
        code_shape: shape of one code once the model is built, with None for axes that depend on the size of the image.
        corruptions: layers that are applied to the inputs in training and evaluation, in order.
        decodes_codes_alone: whether `decode` needs only the codes.
        discriminator_optimizer: the second optimizer of a model with a discriminator; None for all others.
        downsampling: factor by which the encoder reduces images along each axis.
        has_posterior: whether `posterior` and `log_likelihood` are defined.
        has_prior: whether `sample` is defined.

    Raises:
        TypeError: the encoder or the decoder is not a Keras model, or the bottleneck is not a Keras layer.
        ValueError: `rank` is not that of the encoder's input, or, when the model is built, the encoder's output does
            not fit the decoder.

    Example:

    >>> encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)])
    >>> decoder = keras.Sequential(
    ...     [keras.layers.Dense(64, activation="sigmoid"), keras.layers.Reshape((8, 8, 1))]
    ... )
    >>> model = keras_cae.models.CAE(encoder, decoder)
    >>> model.compile(optimizer="adam", loss="mse")
    >>> images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
    >>> history = model.fit(images, verbose=0)
    >>> model.decode(model.encode(images)).shape
    (32, 8, 8, 1)
    """

    rules: ClassVar = {
        "encoder": network,
        "decoder": network,
        "bottleneck": optional(layer),
        "rank": rank_rule,
        "corruption": optional(layer),
        "normalizer": optional(normalizer_rule),
    }
    _adjustable = ("corruption",)
    built_shape: Any = None
    """The shape that the model was built for, with None for axes that may differ from batch to batch."""

    def __init__(
        self,
        encoder: keras.Model | None = None,
        decoder: keras.Model | None = None,
        bottleneck: keras.layers.Layer | None = None,
        *,
        rank: int | None = None,
        corruption: keras.layers.Layer | None = None,
        normalizer: keras.layers.Normalization | None = None,
        **kwargs: Any,
    ) -> None:
        if encoder is None and decoder is None:
            raise TypeError(
                "CAE needs two networks, CAE(encoder, decoder), from images to codes and back. A subclass must pass "
                "them to super().__init__(encoder, decoder). To create the networks from the shape of the images, "
                "derive from PyramidCAE instead."
            )
        super().__init__(**kwargs)
        self._given = GivenNetworks(network(encoder, "encoder"), network(decoder, "decoder"))
        self.encoder, self.decoder = self._given.encoder, self._given.decoder
        self.keep(rank=_resolve_rank(rank, self.encoder))
        self._set_up(bottleneck, corruption, normalizer)

    def _set_up(self, bottleneck: Any, corruption: Any, normalizer: Any) -> None:
        """Set the attributes that all autoencoders share. The networks or their hyperparameters must already be set."""
        self.autocast = False  # The layers cast. Images must stay exact, because outputs are compared with them.
        self.keep(corruption=corruption, normalizer=normalizer)
        self._normalizer_is_adapted = self.normalizer is None or is_adapted(self.normalizer)
        self._default_bottleneck = bottleneck is None
        if bottleneck is not None:
            self.bottleneck = layer(bottleneck, "bottleneck")
        self._custom_loop_corrupts = False

    # Attributes before and after the model is built

    def __getattr__(self, name: str) -> Any:
        for cls in type(self).__mro__:
            if isinstance(vars(cls).get(name), property):
                return vars(cls)[name].__get__(self)  # Raises the property's own error, which Python would hide.
        bottleneck = vars(self).get("bottleneck")
        if isinstance(bottleneck, Bottleneck) and name in bottleneck.weights_of_penalties:
            return getattr(bottleneck, name)
        if name in PARTS:
            raise AttributeError(
                f"{type(self).__name__} has no {name} before it is built: train it, call it on images, or "
                f"call build({KINDS[vars(self).get('rank', 2)].shape_to_build})."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        bottleneck = vars(self).get("bottleneck")
        if isinstance(bottleneck, Bottleneck) and name in bottleneck.weights_of_penalties:
            setattr(bottleneck, name, value)
            return
        if name in PARTS and self.built:
            raise AttributeError(
                f"{name} of {type(self).__name__} can't be replaced once the model is built, because training and "
                "inference use the current one. Create a new model, for example CAE(model.encoder, decoder)."
            )
        super().__setattr__(name, value)
        if name == "corruption" and self.built:
            # The compiled steps use the previous corruption.
            self.train_function = self.test_function = None

    @functools.cached_property
    def _gate(self) -> InputGate:  # type: ignore[override]  # a property of the trainer's
        """The gate that checks images and converts them to floats."""
        # With a normalizer, the output activation does not bound the values of the images.
        return InputGate(None if self.normalizer is not None else self._last_activation(), self.rank)

    def _last_activation(self) -> Any:
        """Return the output activation, which may bound the reconstructions, or None if it is unknown."""
        return last_activation(self._given.decoder)

    # Building

    def build(self, input_shape: Any) -> None:
        shape = self._shape_to_build(input_shape)
        if self.built:
            if shape != self.built_shape:
                raise ValueError(
                    f"{type(self).__name__} is already built for inputs of shape {self.built_shape}, but build got "
                    f"{shape}. A model can be built only once. Create a new model for the other shape."
                )
            return
        bottleneck = vars(self).get("bottleneck")
        if self._default_bottleneck:
            bottleneck = keras.layers.Identity(dtype=self.dtype_policy.name, name="bottleneck")
        self._graphs = self._make_graphs(shape, bottleneck)
        self.encoder, self.bottleneck, self.decoder = self._graphs.encoder, bottleneck, self._graphs.decoder
        self.built_shape = shape
        self._gate.image_shape = shape[1:]
        if isinstance(self.encoder, Network) and self.encoder is not self._graphs.body:
            self.encoder._gate = self._gate
        images = keras.KerasTensor(shape, dtype=self.variable_dtype)
        keras.Operation.compute_output_spec(self, images)
        for part in self.corruptions:
            images = part(images, training=True)
        self._prepare_reconstruction_loss()
        self._reports_reconstruction = self._has_penalties()
        self.built = True

    def _make_graphs(self, shape: Any, bottleneck: Any) -> Graphs:
        """Connect the networks and the bottleneck for batches of a shape."""
        encoder, decoder = self._given.encoder, self._given.decoder
        feature_shape = check_single_output(encoder, encoder.compute_output_shape(shape))
        if isinstance(bottleneck, Bottleneck):
            values = None if None in shape[1:] else math.prod(shape[1:])
            bottleneck.prepare(None, values)
        return graphs_of_networks(encoder, decoder, bottleneck, shape, feature_shape, self.normalizer)

    def _shape_to_build(self, shape: Any) -> Any:
        image_shape = check_image_batch(shape, rank=self.rank)
        taken = getattr(self._given.encoder, "input_shape", None)
        if isinstance(taken, tuple) and compatible(image_shape, taken[1:]):
            image_shape = taken[1:]
        return (None, *image_shape)

    def get_build_config(self) -> dict[str, Any] | None:
        return None if self.built_shape is None else {"input_shape": self.built_shape}

    def _has_penalties(self) -> bool:
        return isinstance(self.bottleneck, Bottleneck) or any(isinstance(part, Penalty) for part in inner_layers(self))

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        if not self.built:
            self.build(inputs.shape)
        return keras.Operation.compute_output_spec(self, inputs, training=training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.built:
            return self._graphs.output_shape(input_shape)
        encoder, decoder = self._given.encoder, self._given.decoder
        shape = encoder.compute_output_shape(input_shape)
        if not self._default_bottleneck:
            shape = self.bottleneck.compute_output_shape(shape)
        return decoder.compute_output_shape(shape)

    @property
    def input(self) -> Any:
        """The symbolic images that the model was called on, or otherwise the input of `encoder`."""
        try:
            return super().input
        except AttributeError:
            return self.encoder.input

    @property
    def output(self) -> Any:
        """The symbolic reconstructions of `input`."""
        try:
            return super().output
        except AttributeError:
            return self(self.input)

    # The flow of images

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        images = args[0] if args else None
        if current_step() is None:  # The steps of `fit` check the values themselves.
            self._check_values(images)
        return super().__call__(*args, **kwargs)

    def _check_values(self, images: Any) -> None:
        """Refuse values that the model does not accept. While a graph is traced, there are no values to check."""
        if isinstance(images, np.ndarray | tf.Tensor) and tf.executing_eagerly():
            self._check_batch(np.asarray(images))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        images = self._to_floats(inputs)
        if training and current_step() is None:
            self._prepare_custom_loop(images)
        features, *skips = self._graphs.features(images, training)
        latents = self.bottleneck(features, training=training)
        return self._cropped(self._graphs.images([latents, *skips], training), images)

    def _to_floats(self, images: Any) -> Any:
        """Check the shape and the type of a batch, and return it as the floats that the networks see."""
        return self._gate.to_floats(images, self.variable_dtype)

    def _cropped(self, reconstructions: Any, images: Any) -> Any:
        size = image_size(images)
        return reconstructions if size is None or not self._graphs.crops else crop(reconstructions, size)

    def _reconstruct(self, images: Any) -> Any:
        # Skips the penalties of `call`, which inference does not need.
        if type(self).call is not CAE.call:
            return self(images, training=False)
        images = self._to_floats(ops.convert_to_tensor(images))
        if not self.built:
            self.build(images.shape)
        features, *skips = self._graphs.features(images, False)
        latents = self._latents(self._codes_of(features))
        return self._cropped(self._graphs.images([latents, *skips], False), images)

    def _observe(self, images: Any, training: bool) -> None:
        if isinstance(self.bottleneck, Bottleneck):
            self.bottleneck.observe(self._encoder_for_penalties, images, training)

    def _encoder_for_penalties(self, images: Any, training: bool = False) -> Any:
        return self._graphs.features(images, training)[0]

    def _adds_losses(self) -> bool:
        return len(self.losses) > len(self._graphs.body.losses) + len(self._graphs.head.losses)

    def _discriminator_variables(self) -> list[Any]:
        has_discriminator = self.built and getattr(self.bottleneck, "has_discriminator", False)
        return self.bottleneck.discriminator.variables if has_discriminator else []

    # Normalization of data of any unit

    def _prepare_for(self, data: Any, steps: int | None) -> None:
        if self.normalizer is None:
            return
        if not self._normalizer_is_adapted:
            batches = batches_to_adapt_to(data, steps)
            self._ensure_built(first_images(data))
            adapt(self.normalizer, batches)
            self._normalizer_is_adapted = True
        elif hasattr(data, "dtype"):
            check_integers(self.normalizer, keras.backend.standardize_dtype(data.dtype))

    @functools.cached_property
    def _to_normalized(self) -> DataScale:
        return DataScale(self.normalizer, dtype=self.variable_dtype, autocast=False)

    def _normalized(self, images: Any) -> Any:
        return images if self.normalizer is None else self._to_normalized(images)

    def _ensure_built(self, images: Any) -> None:
        if not self.built:
            self.build(images.shape)

    # Saving

    def get_config(self) -> dict[str, Any]:
        # Bypass `Hyperparameters`: the attributes hold the built networks, and perhaps a default bottleneck, instead of
        # the constructor's arguments.
        config = {**super(Hyperparameters, self).get_config(), **self._own_config()}
        config |= {"corruption": plain(self.corruption), "normalizer": plain(self.normalizer)}
        if "bottleneck" in self.rules:
            given = None if self._default_bottleneck else self.bottleneck
            config["bottleneck"] = plain(given)
        return config

    def _own_config(self) -> dict[str, Any]:
        return {"encoder": plain(self._given.encoder), "decoder": plain(self._given.decoder), "rank": self.rank}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "CAE":
        with keras.saving.custom_object_scope(custom_objects or {}):
            return cls(**config)


def _resolve_rank(rank: Any, encoder: keras.Model) -> int:
    """Return the given rank, or the rank of the encoder's input if none is given."""
    taken = getattr(encoder, "input_shape", None)
    of_encoder = len(taken) - 2 if isinstance(taken, tuple) and len(taken) - 2 in KINDS else None
    if rank is not None and of_encoder not in (None, rank_rule(rank, "rank")):
        raise ValueError(
            f"rank must be {of_encoder}, the rank of the encoder's input shape {taken}, or omitted, got {rank!r}."
        )
    return rank or of_encoder or 2
