"""The autoencoder that all others are made from: the networks, and how images flow through them."""

import functools
import inspect
import math
import warnings
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.hyperparameters import Hyperparameters, plain
from keras_cae.images import check_image_batch, compatible, crop, image_size
from keras_cae.kinds import KINDS
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.layers.codes import codes_of
from keras_cae.layers.corruption import Corruption
from keras_cae.layers.data_scale import DataScale
from keras_cae.layers.gaussian_prior import check_prior
from keras_cae.layers.penalty import Penalty
from keras_cae.losses.get import replace_names as losses_by_name
from keras_cae.metrics.get import replace_names as metrics_by_name
from keras_cae.models.likelihood import log_likelihood
from keras_cae.networks.downsampling import downsampling_of
from keras_cae.networks.graphs import Graphs, check_single_output, graphs_of_networks
from keras_cae.networks.network import Network
from keras_cae.ranks import rank_rule
from keras_cae.serialization import layer
from keras_cae.training.inference import DEFAULT_BATCH_SIZE, Inference
from keras_cae.training.input_gate import InputGate
from keras_cae.training.normalizing import (
    adapt,
    batches_to_adapt_to,
    check_integers,
    first_images,
    is_known,
    normalizer_rule,
)
from keras_cae.training.output_range import last_activation
from keras_cae.training.random_state import named_seed_generators, same_noise
from keras_cae.training.step_context import current_step
from keras_cae.training.trainer import Trainer
from keras_cae.validation import non_negative_int, optional

PARTS = ("encoder", "decoder", "bottleneck")


def network(value: Any, name: str) -> keras.Model:
    """The rule for the networks: a `keras.Model`, or the configuration of one."""
    value = layer(value, name) if isinstance(value, dict) else value
    if not isinstance(value, keras.Model):
        raise TypeError(f"{name} must be a keras.Model, got {value!r}.")
    return value


@keras.saving.register_keras_serializable(package="keras_cae")
class CAE(Hyperparameters, Trainer):
    """Autoencoder of any two networks, trained by plain `model.fit`.

        images ─ corruption ─▶ encoder ─▶ bottleneck ─▶ decoder ─▶ reconstruction

    `fit(x)` trains it to reconstruct `x`; `fit(x, y)` to make the images `y` of `x`, for instance clean ones
    of noisy ones. Training, evaluation and saving are those of `keras.Model`, with the same numbers, and in
    addition:

    - Integer images are scaled to [0, 1] on the device, by the largest value of their type.
    - One weight per image, of shape `(n,)`, weights images, also without `y`.
    - Batches that the model can't learn from (0 to 255 into a sigmoid, values that are not finite) end
      training with an error, and leave the model as the batch before left it.
    - The corruption is applied in training and evaluation, never by `predict`. Every evaluation draws the
      same noise, so that validation losses compare.

    What the model can do beside follows from the bottleneck: `sample` generates images where it has a prior,
    `posterior` and `log_likelihood` need a `GaussianBottleneck`, and with a quantizer codes are integers. The
    weights of its penalties, such as `beta`, are attributes of the model.

    Args:
        encoder: `keras.Model` from images to codes, or to what the bottleneck makes codes of. The attribute
            `encoder` of the built model ends with the codes.
        decoder: `keras.Model` from codes to images.
        bottleneck: layer between the two; by default the codes pass as they are.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes. By default that of the
            encoder's input shape; 2 where the encoder has none yet.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets;
            called with `training=True`.
        normalizer: `keras.layers.Normalization` for data of any unit. The networks and the loss see normalized
            channels; what goes in and comes out has the unit of the data. The first `fit` adapts it to its
            training data, unless you have.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`, as the encoder takes it; with `rank=1` `(n, length, channels)`,
    with `rank=3` `(n, depth, height, width, channels)`.

    Output shape: that of the decoder.

    Raises:
        TypeError: encoder or decoder is not a Keras model, or the bottleneck not a Keras layer.
        ValueError: `rank` is not that of the encoder's input; at build, the encoder's output does not fit the
            decoder.

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
    adjustable = ("corruption",)
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
                "CAE needs two networks: CAE(encoder, decoder), from images to codes and back. A subclass passes "
                "them on, super().__init__(encoder, decoder); one that makes networks for the images that it is "
                "trained on derives from PyramidCAE."
            )
        super().__init__(**kwargs)
        self.given_networks = (network(encoder, "encoder"), network(decoder, "decoder"))
        self.encoder, self.decoder = self.given_networks
        self.keep(rank=_agreed_rank(rank, self.encoder))
        self._start(bottleneck, corruption, normalizer)

    def _start(self, bottleneck: Any, corruption: Any, normalizer: Any) -> None:
        """Keep what all autoencoders have: what is left of the constructor once there are networks, or rules."""
        self.autocast = False  # The layers cast; what is subtracted from the images or compared with them is exact.
        self.keep(corruption=corruption, normalizer=normalizer)
        self._normalizer_is_known = self.normalizer is None or is_known(self.normalizer)
        self._default_bottleneck = bottleneck is None
        if bottleneck is not None:
            self.bottleneck = layer(bottleneck, "bottleneck")
        self._own_loop_is_corrupted = False

    # What is there before the model is built, and after

    def __getattr__(self, name: str) -> Any:
        for cls in type(self).__mro__:
            if isinstance(vars(cls).get(name), property):
                return vars(cls)[name].__get__(self)  # The property's own error, which Python would hide.
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
        super().__setattr__(name, value)
        if name == "corruption" and self.built:
            # Compiled steps hold the former one.
            self.train_function = self.test_function = None

    @functools.cached_property
    def gate(self) -> InputGate:  # type: ignore[override]  # a property of the trainer's
        """Decides which images the model takes, and makes floats of them."""
        # Of normalized values the activation says nothing about those of the images.
        return InputGate(None if self.normalizer is not None else self.last_activation(), self.rank)

    def last_activation(self) -> Any:
        """The activation that bounds the reconstructions, or None if it is not known."""
        return last_activation(self.given_networks[1])

    # Building

    def build(self, input_shape: Any) -> None:
        shape = self._free_shape(input_shape)
        if self.built:
            if shape != self.built_shape:
                raise ValueError(
                    f"{type(self).__name__} is built for inputs of shape {self.built_shape} already; build "
                    f"got {shape}. A model is built once: make a new one for the other shape."
                )
            return
        bottleneck = vars(self).get("bottleneck")
        if self._default_bottleneck:
            bottleneck = keras.layers.Identity(dtype=self.dtype_policy.name, name="bottleneck")
        self._graphs = self.make_graphs(shape, bottleneck)
        self.encoder, self.bottleneck, self.decoder = self._graphs.encoder, bottleneck, self._graphs.decoder
        self.built_shape = shape
        self.gate.image_shape = shape[1:]
        if isinstance(self.encoder, Network) and self.encoder is not self._graphs.body:
            self.encoder.gate = self.gate
        images = keras.KerasTensor(shape, dtype=self.variable_dtype)
        keras.Operation.compute_output_spec(self, images)
        for part in self.corruptions:
            images = part(images, training=True)
        if self._has_penalties():
            self.report_reconstruction()
        self.built = True

    def make_graphs(self, shape: Any, bottleneck: Any) -> Graphs:
        """Return the networks around a bottleneck, for batches of images of a shape."""
        encoder, decoder = self.given_networks
        feature_shape = check_single_output(encoder, encoder.compute_output_shape(shape))
        if isinstance(bottleneck, Bottleneck):
            values = None if None in shape[1:] else math.prod(shape[1:])
            bottleneck.prepare(None, values)
        return graphs_of_networks(encoder, decoder, bottleneck, shape, feature_shape, self.normalizer)

    def _free_shape(self, shape: Any) -> Any:
        image_shape = check_image_batch(shape, rank=self.rank)
        taken = getattr(self.given_networks[0], "input_shape", None)
        if isinstance(taken, tuple) and compatible(image_shape, taken[1:]):
            image_shape = taken[1:]
        return (None, *image_shape)

    def get_build_config(self) -> dict[str, Any] | None:
        return None if self.built_shape is None else {"input_shape": self.built_shape}

    def _has_penalties(self) -> bool:
        return isinstance(self.bottleneck, Bottleneck) or any(
            isinstance(part, Penalty) for part in self._flatten_layers(include_self=False)
        )

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        if not self.built:
            self.build(inputs.shape)
        return keras.Operation.compute_output_spec(self, inputs, training=training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.built:
            return self._graphs.output_shape(input_shape)
        encoder, decoder = self.given_networks
        shape = encoder.compute_output_shape(input_shape)
        if not self._default_bottleneck:
            shape = self.bottleneck.compute_output_shape(shape)
        return decoder.compute_output_shape(shape)

    @property
    def input(self) -> Any:
        """The symbolic images that the model was called on; if there were none, those of `encoder`."""
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
        if current_step() is None:  # The steps of `fit` look at the values themselves.
            self.check_values(images)
        return super().__call__(*args, **kwargs)

    def check_values(self, images: Any) -> None:
        """Refuse values that the model does not take, unless a graph is made, which has none yet."""
        if isinstance(images, np.ndarray | tf.Tensor) and tf.executing_eagerly():
            self._check_batch(np.asarray(images))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        images = self._floats(inputs)
        if training and current_step() is None:
            self._prepare_own_loop(images)
        features, *skips = self._graphs.features(images, training)
        latents = self.bottleneck(features, training=training)
        return self._cropped(self._graphs.images([latents, *skips], training), images)

    def _floats(self, images: Any) -> Any:
        """A batch as the networks see it; refuses another shape or type."""
        return self.gate.floats(images, self.variable_dtype)

    def _cropped(self, reconstructions: Any, images: Any) -> Any:
        size = image_size(images)
        return reconstructions if size is None or not self._graphs.crops else crop(reconstructions, size)

    def _prepare_own_loop(self, images: Any) -> None:
        """What the steps of `fit` do otherwise, where somebody else trains the model."""
        self.observe(images, training=True)
        if self.corruptions and not self._own_loop_is_corrupted:
            warnings.warn(
                f"{type(self).__name__} is called with training=True outside of its own fit, on images without its "
                "corruption, which only the steps of its fit and evaluate apply. In a training loop of your own, call "
                "model(model.corrupted(images)[0], training=True).",
                stacklevel=2,
            )
        self._own_loop_is_corrupted = False

    def reconstruct(self, images: Any) -> Any:
        # Without the penalties, which inference has no use for.
        if type(self).call is not CAE.call:
            return self(images, training=False)
        images = self._floats(ops.convert_to_tensor(images))
        if not self.built:
            self.build(images.shape)
        features, *skips = self._graphs.features(images, False)
        latents = self._latents(self._codes_of(features))
        return self._cropped(self._graphs.images([latents, *skips], False), images)

    def _latents(self, codes: Any) -> Any:
        if getattr(self.bottleneck, "codebook_size", None) is not None:
            _check_integers(codes.dtype)
        return self.bottleneck.decode(codes) if isinstance(self.bottleneck, Bottleneck) else codes

    def observe(self, images: Any, training: bool) -> None:
        if isinstance(self.bottleneck, Bottleneck):
            self.bottleneck.observe(self._encoder_for_penalties, images, training)

    def _encoder_for_penalties(self, images: Any, training: bool = False) -> Any:
        return self._graphs.features(images, training)[0]

    def adds_losses(self) -> bool:
        return len(self.losses) > len(self._graphs.body.losses) + len(self._graphs.head.losses)

    def opponent_variables(self) -> list[Any]:
        opponent = getattr(vars(self).get("bottleneck"), "opponent", None) if self.built else None
        return [] if opponent is None else opponent.variables

    # Data of any unit

    def prepare_for(self, data: Any, steps: int | None) -> None:
        if self.normalizer is None:
            return
        if not self._normalizer_is_known:
            batches = batches_to_adapt_to(data, steps)
            self._ensure_built(first_images(data))
            adapt(self.normalizer, batches)
            self._normalizer_is_known = True
        elif hasattr(data, "dtype"):
            check_integers(self.normalizer, keras.backend.standardize_dtype(data.dtype))

    @functools.cached_property
    def _to_normalized(self) -> DataScale:
        return DataScale(self.normalizer, dtype=self.variable_dtype, autocast=False)

    def normalized(self, images: Any) -> Any:
        return images if self.normalizer is None else self._to_normalized(images)

    # Corruption

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        """The layers that are applied to the inputs in training and evaluation, in this order."""
        return () if self.corruption is None else (self.corruption,)

    def corrupted(self, images: Any) -> tuple[Any, Any]:
        """Return images as a step of training gives them to the networks, and the weights of their pixels.

        Args:
            images: batch of floats.

        Returns:
            The inputs; and the weights of the pixels in the loss, of shape `(n, *spatial)`, or None if
            all count the same.
        """
        weights = None
        for part in self.corruptions:
            if isinstance(part, Corruption):
                images, of_part = part.corrupt(images)
                weights = of_part if weights is None else weights
            else:
                images = part(images, training=True)
        self._own_loop_is_corrupted = True
        return images, weights

    def corrupt(self, images: Any, *, return_weights: bool = False) -> Any:
        """Return images as evaluation feeds them to the encoder: always with the same noise.

        The random state of training is left unchanged.

        Args:
            images: batch of images.
            return_weights: whether to return a pair: the images, and the weights of their pixels in the loss,
                `(n, *spatial)`, or None if all pixels count the same.
        """
        images = ops.convert_to_tensor(images)
        self._ensure_built(images)
        self.check_values(images)
        with same_noise(self.corruptions):
            corrupted, weights = self.corrupted(self._floats(images))
        self._own_loop_is_corrupted = False
        return (corrupted, weights) if return_weights else corrupted

    def _ensure_built(self, images: Any) -> None:
        if not self.built:
            self.build(images.shape)

    # Codes

    def encode(self, images: Any, batch_size: int = DEFAULT_BATCH_SIZE) -> Any:
        """Return the codes of images. Deterministic.

        Args:
            images: an array, which is encoded in batches; a `tf.data.Dataset` or a generator of images
                (targets and weights beside them are ignored), encoded in its own; or a tensor, encoded at
                once and differentiably.
            batch_size: how many images of an array are encoded at once.

        Returns:
            An array of codes; for a tensor, a tensor.

        Raises:
            ValueError: the images are not of the kind that the model takes.
        """
        return self._inference("_encode")(images, batch_size)

    def decode(self, codes: Any, batch_size: int = DEFAULT_BATCH_SIZE) -> Any:
        """Return the images that the decoder makes of codes. Deterministic.

        Args:
            codes: an array, a `tf.data.Dataset` or a tensor, as in `encode`.
            batch_size: how many codes of an array are decoded at once.

        Returns:
            An array of images; for a tensor, a tensor.

        Raises:
            ValueError: codes have another size, or are not numbers of vectors where they must be.
        """
        return self._inference("_decode")(codes, batch_size)

    def sample(
        self, n: int, seed: int | None = None, batch_size: int = DEFAULT_BATCH_SIZE, image_size: Any = None
    ) -> Any:
        """Return images generated from codes that are drawn from the prior.

        Args:
            n: how many.
            seed: of the codes. The same seed draws the same codes, and of more codes the same first ones.
            batch_size: how many codes are decoded at once.
            image_size: `(height, width)` of the images, of models whose codes are feature maps; of signals
                `(length,)`, of volumes `(depth, height, width)`.

        Returns:
            An array of the shape of images, `(n, height, width, channels)`.

        Raises:
            ValueError: the bottleneck has no prior, or the size of the images is not known.
        """
        n, seed = non_negative_int(n, "n"), optional(non_negative_int)(seed, "seed")
        if not self.built and self._default_bottleneck:
            check_prior(keras.layers.Identity())
        bottleneck = check_prior(self.bottleneck)
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} must be built before it can generate images: train it, or call build("
                f"{KINDS[self.rank].shape_to_build})."
            )
        codes = bottleneck.draw_codes((n, *self._code_shape(image_size)), seed)
        if not n:
            return np.zeros((0, *self._graphs.output_shape((0, *self._shape_of_images(image_size)))[1:]), "float32")
        return self.decode(codes, batch_size=batch_size)

    @property
    def code_shape(self) -> tuple[int | None, ...]:
        """The shape of an image's code; None for axes that follow the size of the images."""
        return tuple(self.encoder.output_shape[1:])

    def _code_shape(self, size: Any) -> tuple[int, ...]:
        if size is None and None not in self.code_shape:
            return tuple(side for side in self.code_shape if side is not None)
        return tuple(self.encoder.compute_output_shape((1, *self._shape_of_images(size)))[1:])

    def _shape_of_images(self, size: Any) -> tuple[int, ...]:
        *sides, channels = self.built_shape[1:]
        sides = sides if size is None else list(size)
        if None in sides or len(sides) != self.rank:
            axes = KINDS[self.rank].axes
            raise ValueError(
                f"image_size must be given, ({axes}) of the {KINDS[self.rank].noun}, got {size!r}: the codes of this "
                f"model are as large as the {KINDS[self.rank].noun}."
            )
        return (*sides, channels)

    @property
    def downsampling(self) -> tuple[int, ...]:
        """By which factor the encoder makes images smaller along each axis.

        Raises:
            ValueError: the encoder is no graph of layers with feature maps, which would tell.
        """
        return downsampling_of(self.given_networks[0], self.rank)

    @property
    def has_prior(self) -> bool:
        """Whether codes follow the standard normal distribution, so that `sample` generates images."""
        return bool(getattr(vars(self).get("bottleneck"), "has_prior", False))

    @property
    def has_posterior(self) -> bool:
        """Whether `posterior` returns distributions of codes."""
        return bool(getattr(vars(self).get("bottleneck"), "has_posterior", False))

    @property
    def decodes_codes_alone(self) -> bool:
        """Whether `decode` needs nothing but codes: not where the decoder sees features of the encoder."""
        return True

    def posterior(self, images: Any, batch_size: int = DEFAULT_BATCH_SIZE) -> Any:
        """Return mean and logarithm of the variance of each image's code.

        Args:
            images: an array, a `tf.data.Dataset` or a tensor, as in `encode`.
            batch_size: how many images of an array are encoded at once.

        Returns:
            Two arrays `(n, latent_dim)`; for a tensor, two tensors.

        Raises:
            ValueError: the bottleneck has no posterior.
        """
        self._check_posterior("posterior")
        return self._inference("_posterior")(images, batch_size)

    def log_likelihood(
        self,
        images: Any,
        samples: int = 64,
        likelihood: str | None = None,
        seed: int = 0,
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> Any:
        """Estimate the logarithm of each image's likelihood, in nats, from below.

        The importance-weighted bound of Burda et al. 2016, "Importance Weighted Autoencoders": the logarithm
        of the mean of `p(x|z) p(z) / q(z|x)` over samples `z` of the posterior `q`. With one sample it is an
        estimate of the evidence lower bound; with more it comes closer to the likelihood.

        Args:
            images: an array `(n, *spatial, channels)`, or a dataset or generator of such.
            samples: how many codes are drawn for each image.
            likelihood: "bernoulli", whose logarithm is the negative binary cross-entropy, or "gaussian" with
                variance 1/2, that of the squared error. By default that of the loss of `compile`.
            seed: of the codes.
            batch_size: how many images are taken at once.

        Returns:
            An array `(n,)`.

        Raises:
            ValueError: the likelihood is unknown, and can't be told from the loss; or the bottleneck has no
                posterior.
        """
        self._check_posterior("log_likelihood")
        return log_likelihood(self, images, samples, likelihood, seed, batch_size)

    def _check_posterior(self, what: str) -> None:
        if not self.has_posterior:
            name = type(vars(self).get("bottleneck")).__name__
            raise ValueError(
                f"{what} needs a bottleneck with a distribution of codes for each image, but that of "
                f"{type(self).__name__} is {name}. Use VariationalCAE, or bottleneck=GaussianBottleneck(...)."
            )

    # Inference, a batch at a time

    def _inference(self, name: str) -> Inference:
        inferences = self.__dict__.setdefault("_inferences", {})
        if name not in inferences:
            decodes = name == "_decode"
            inferences[name] = Inference(
                getattr(self, name),
                self._check_codes if decodes else self._check_batch,
                eager=lambda: bool(self.run_eagerly),
                name="codes" if decodes else "images",
            )
        return inferences[name]

    def _check_batch(self, batch: np.ndarray) -> None:
        if self.built:
            self.gate.check_array(batch, "images")
        else:
            check_image_batch(batch.shape, rank=self.rank)

    def _check_codes(self, codes: Any) -> None:
        codes = codes[0] if isinstance(codes, tuple) else codes
        if not self.built:
            return
        expected = (None, *self.code_shape)
        if not compatible(codes.shape, expected):
            shape = ", ".join(map(str, ("n", *self.code_shape)))
            raise ValueError(
                f"codes must have the shape ({shape}) of this model's codes, got {tuple(codes.shape)}. Decode what "
                "encode returns."
            )
        size = getattr(self.bottleneck, "codebook_size", None)
        if size is not None:
            _check_numbers(codes, size)

    def _encode(self, images: Any) -> Any:
        self._ensure_built(images)
        features = self._graphs.features(self._floats(images), False)[0]
        return self._codes_of(features)

    def _codes_of(self, features: Any) -> Any:
        return codes_of(self.bottleneck, features)

    def _decode(self, codes: Any) -> Any:
        return self._graphs.images([self._latents(codes)], False)

    def _posterior(self, images: Any) -> Any:
        self._ensure_built(images)
        features = self._graphs.features(self._floats(images), False)[0]
        return self.bottleneck.posterior(features)

    # Compiling and saving

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        *,
        discriminator_optimizer: Any = None,
        auto_scale_loss: bool = True,
        **kwargs: Any,
    ) -> None:
        """Configure training as `keras.Model.compile` does.

        Args:
            optimizer: of encoder and decoder; callbacks such as learning rate schedules act on this one.
            loss: of the reconstructions. Names of this library's losses are known too, such as "ssim".
            discriminator_optimizer: of the discriminator of an `AdversarialBottleneck`; by default
                `keras.optimizers.Adam(3e-4, beta_1=0.5)`.
            auto_scale_loss: of `keras.Model.compile`, for both optimizers.
            **kwargs: of `keras.Model.compile`.

        Raises:
            ValueError: both optimizers are the same object, or there is no discriminator.
        """
        second = self._second_optimizer(optimizer, discriminator_optimizer, auto_scale_loss)
        for name in ("metrics", "weighted_metrics"):
            if kwargs.get(name) is not None:
                kwargs[name] = metrics_by_name(kwargs[name])
        super().compile(optimizer, losses_by_name(loss), auto_scale_loss=auto_scale_loss, **kwargs)
        self.discriminator_optimizer = second

    def _second_optimizer(self, first: Any, second: Any, auto_scale_loss: bool) -> Any:
        adversarial = isinstance(inspect.getattr_static(type(vars(self).get("bottleneck")), "opponent", None), property)
        if not adversarial:
            if second is not None:
                raise ValueError(
                    f"discriminator_optimizer must be left out: {type(self).__name__} has no discriminator. Use "
                    "AdversarialCAE, or bottleneck=AdversarialBottleneck(...)."
                )
            return None
        if isinstance(first, keras.optimizers.Optimizer) and second is first:
            raise ValueError(
                "discriminator_optimizer must be another object than optimizer, which keeps a state of "
                f"the variables that it changes; got {first!r} for both."
            )
        second = keras.optimizers.get(second or keras.optimizers.Adam(3e-4, beta_1=0.5))
        scaled = isinstance(second, keras.optimizers.LossScaleOptimizer)
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16" and not scaled:
            second = keras.optimizers.LossScaleOptimizer(second, name="loss_scale_optimizer")
        return second

    def get_compile_config(self) -> dict[str, Any]:
        config = super().get_compile_config()
        if config and self.discriminator_optimizer is not None:
            config["discriminator_optimizer"] = keras.saving.serialize_keras_object(self.discriminator_optimizer)
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))
        self._build_optimizers()

    def get_config(self) -> dict[str, Any]:
        # Not of `Hyperparameters`: the networks are those that were given, and a bottleneck may not have been.
        config = {**super(Hyperparameters, self).get_config(), **self._own_config()}
        config |= {"corruption": plain(self.corruption), "normalizer": plain(self.normalizer)}
        if "bottleneck" in self.rules:
            given = None if self._default_bottleneck else self.bottleneck
            config["bottleneck"] = plain(given)
        return config

    def _own_config(self) -> dict[str, Any]:
        networks = zip(("encoder", "decoder"), self.given_networks, strict=True)
        return {**{name: plain(part) for name, part in networks}, "rank": self.rank}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "CAE":
        with keras.saving.custom_object_scope(custom_objects or {}):
            return cls(**config)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        store["input_gate"] = self.gate.state()
        store["normalizer_is_known"] = np.array(self._normalizer_is_known)
        # Keras leaves the states of random numbers out of its files; with them, noise goes on where it was.
        for name, generator in named_seed_generators(self).items():
            store[f"random_state.{name}"] = ops.convert_to_numpy(generator.state.value)

    def load_own_variables(self, store: Any) -> None:
        kept = {name: np.asarray(store[name]) for name in list(store.keys())}
        if "input_gate" in kept:
            self.gate.load_state(kept.pop("input_gate"))
        self._normalizer_is_known = bool(kept.pop("normalizer_is_known", True))
        generators = named_seed_generators(self)
        for name in [name for name in kept if name.startswith("random_state.")]:
            value = kept.pop(name)
            if name.removeprefix("random_state.") in generators:
                generators[name.removeprefix("random_state.")].state.assign(value)
        super().load_own_variables(kept)

    def save(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        """Save the model, as `keras.Model.save` does, to a `.keras` file.

        Args:
            filepath: path that ends in ".keras".
            overwrite: whether to replace an existing file without asking.
            **kwargs: of `keras.Model.save`.

        Raises:
            ValueError: the path ends in ".h5", the format before Keras 3, which can't hold the model.
        """
        if str(filepath).endswith((".h5", ".hdf5")):
            raise ValueError(
                f"filepath must end in '.keras', got {str(filepath)!r}: Keras's former format does not hold all of the "
                "model. For weights alone, use model.save_weights with a path that ends in '.weights.h5'."
            )
        super().save(filepath, overwrite=overwrite, **kwargs)

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Refused: quantize a copy that consists of the stock layers of `encoder` and `decoder`."""
        raise ValueError(
            f"{type(self).__name__} can't be quantized in place, because its saved file describes the layers before "
            "that. Quantize a copy: images = keras.Input(shape); copy = keras.models.clone_model(keras.Model(images, "
            "model.decoder(model.encoder(images)))); copy.set_weights(…); copy.quantize('int8')."
        )

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write an inference artifact, as `keras.Model.export` does, without needing a call first.

        Args:
            filepath: path of the artifact.
            format: one of the formats of `keras.Model.export`.
            verbose: whether to print a message.
            input_signature: by default images of the shape and of the type that the model was trained on, in
                batches of any size: uint8 where the training images were, else floats.
            **kwargs: of `keras.Model.export`.

        Raises:
            ValueError: the model is not built.
        """
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} must be built before it can be exported: train it, call it on "
                f"images, or call build({KINDS[self.rank].shape_to_build})."
            )
        if input_signature is None:
            input_signature = self.export_signature()
        super().export(filepath, format=format, verbose=verbose, input_signature=input_signature, **kwargs)

    def export_signature(self) -> list[keras.InputSpec]:
        """Images of the shape and of the type that the model was trained on, as `export` takes them."""
        dtype = self.gate.dtype if self.gate.dtype in ("uint8", "uint16", "bool") else self.variable_dtype
        return [keras.InputSpec(shape=self.built_shape, dtype=dtype)]


def _agreed_rank(rank: Any, encoder: keras.Model) -> int:
    """The rank that was given, or that of an encoder's inputs."""
    taken = getattr(encoder, "input_shape", None)
    of_encoder = len(taken) - 2 if isinstance(taken, tuple) and len(taken) - 2 in KINDS else None
    if rank is not None and of_encoder not in (None, rank_rule(rank, "rank")):
        raise ValueError(
            f"rank must be {of_encoder}, that of the encoder's input shape {taken}, or left out, got {rank!r}."
        )
    return rank or of_encoder or 2


def _check_numbers(codes: Any, size: int) -> None:
    """Refuse numbers that no vector has, of which images would be made all the same on some devices."""
    codes = np.asarray(codes)
    _check_integers(codes.dtype)
    outside = (codes < 0) | (codes >= size)
    if np.any(outside):
        raise ValueError(
            f"codes must be numbers of vectors, from 0 to {size - 1}, got {codes[outside][0]}. Decode what encode "
            "gives, or draw numbers below codebook_size."
        )


def _check_integers(dtype: Any) -> None:
    dtype = keras.backend.standardize_dtype(dtype)
    if "int" not in dtype:
        raise ValueError(f"codes must be integers, numbers of vectors as encode gives them, got {dtype}.")
