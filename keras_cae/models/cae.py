"""The autoencoder that all others are made from: the data flow, and the steps of training."""

import functools
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import ops

from keras_cae.images import check_image_batch, compatible, known_shape, scale_images
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.models.batching import in_batches, is_tensor
from keras_cae.models.image_trainer import ImageTrainer
from keras_cae.models.random_state import same_noise, seed_generators
from keras_cae.models.target_range import last_activation
from keras_cae.replicas import (
    met,
    only_real,
    penalties,
    replica_count,
    share_of_batch,
    taking_step,
    without_empty,
)
from keras_cae.sample_weights import per_image_weights
from keras_cae.serialization import deserialize_layer, serialize_layer

PARTS = ("encoder", "decoder", "bottleneck", "corruption")


class Batch(NamedTuple):
    """What a step works on: this replica's part of a batch, of which the first `real` images are real.

    Of `hidden` pixels the network sees nothing; None if it sees all.
    """

    images: Any
    y: Any
    sample_weight: Any
    real: Any
    hidden: Any = None


class Objective(NamedTuple):
    """A loss, and the optimizer that changes variables to make it smaller."""

    loss: Any
    optimizer: Any
    variables: list[Any]


@keras.saving.register_keras_serializable(package="keras_cae")
class CAE(ImageTrainer):
    """Autoencoder of any two networks, trained by plain `model.fit`.

        images ─ corruption ─▶ encoder ─▶ bottleneck ─▶ decoder ─▶ reconstruction

    `fit(x)` trains it to reconstruct `x`; `fit(x, y)` to make the images `y` of `x`, for instance clean ones
    of noisy ones. Training, evaluation and saving are those of `keras.Model`, with the same numbers, and in
    addition:

    - Integer images are scaled to [0, 1] on the device, by the largest value of their type.
    - One weight per image, of shape `(n,)`, weights images, also without `y`.
    - Targets that the output activation can't reach (0 to 255 into a sigmoid) stop the first batch.
    - The corruption is applied in training and evaluation, never by `predict`. Every evaluation draws the
      same noise, so that validation losses compare.

    Args:
        encoder: `keras.Model` from images to codes.
        decoder: `keras.Model` from codes to images.
        bottleneck: layer between the two; by default the codes pass as they are. It adds its own penalties
            with `add_loss`, which then are reported beside the `reconstruction_loss`.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets;
            called with `training=True`.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`, as the encoder takes it.

    Output shape: that of the decoder.

    Raises:
        TypeError: encoder or decoder is not a Keras model, or the bottleneck not a Keras layer.
        ValueError: at build, the encoder's output does not fit the decoder.

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

    makes_networks: bool = False
    """Whether `build_for` makes the networks between the images, so that the constructor gets none."""
    reconstruction_loss: keras.metrics.Metric | None = None
    """Reports the loss without what the layers add, beside the penalty that the bottleneck reports."""

    def __init__(
        self,
        encoder: keras.Model | None,
        decoder: keras.Model | None,
        bottleneck: keras.layers.Layer | None = None,
        corruption: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.corruption = corruption
        if self.makes_networks:
            return
        self.encoder = _checked_network(encoder, "encoder")
        self.bottleneck = self.identity_bottleneck() if bottleneck is None else checked_layer(bottleneck)
        self.decoder = _checked_network(decoder, "decoder")

    def identity_bottleneck(self) -> keras.layers.Layer:
        """The layer that leaves codes as they are."""
        return keras.layers.Identity(dtype=self.dtype_policy.name, name="bottleneck")

    def __getattr__(self, name: str) -> Any:
        if name in ("encoder", "bottleneck", "decoder"):
            raise AttributeError(
                f"{type(self).__name__} has no {name} before it is built: train it, call it on images, or "
                "call build((None, height, width, channels))."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # The networks and the forward pass

    def free_shape(self, shape: Any) -> Any:
        image_shape = check_image_batch(shape)
        taken = getattr(self.encoder, "input_shape", None)
        if isinstance(taken, tuple) and compatible(image_shape, taken[1:]):
            image_shape = taken[1:]
        return (None, *image_shape)

    def build_for(self, shape: Any) -> None:
        images = keras.KerasTensor(shape, dtype=self.variable_dtype)
        self.call(images)
        self._corrupted(images)
        if isinstance(self.bottleneck, Bottleneck):
            self.reconstruction_loss = keras.metrics.Mean(name="reconstruction_loss")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        codes = self.encoder(self.check_images(inputs), training=training)
        codes = self.bottleneck(codes, training=training)
        if not self.built:
            self._check_fit(codes)
        return self.decoder(codes, training=training)

    def _ensure_built(self, images: Any) -> None:
        if not self.built:
            self.build(images.shape)

    def check_images(self, inputs: Any) -> Any:
        """Return the images of a batch as floats; refuse a batch of another shape."""
        check_image_batch(inputs.shape, self.built_shape and self.built_shape[1:])
        return scale_images(inputs, self.variable_dtype)

    def _check_fit(self, codes: Any) -> None:
        taken = getattr(self.decoder, "input_shape", None)
        if isinstance(taken, tuple) and not compatible(codes.shape, taken):
            raise ValueError(
                f"The encoder and the decoder do not fit together: the encoder {self.encoder.name!r} gives "
                f"codes of shape {tuple(codes.shape)}, the decoder {self.decoder.name!r} takes {taken}."
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        code_shape = self.encoder.compute_output_shape(input_shape)
        code_shape = self.bottleneck.compute_output_shape(code_shape)
        return self.decoder.compute_output_shape(code_shape)

    def corrupt(self, images: Any) -> Any:
        """Return images as evaluation feeds them to the encoder: always with the same noise.

        Training's random numbers stay untouched.

        Args:
            images: batch of images.
        """
        images = ops.convert_to_tensor(images)
        self._ensure_built(images)
        with same_noise(self.corruptions):
            return self._corrupted(self.check_images(images))

    @property
    def corruptions(self) -> tuple[keras.layers.Layer, ...]:
        """The layers that are applied to the inputs in training and evaluation, in this order."""
        return () if self.corruption is None else (self.corruption,)

    def _corrupted(self, images: Any) -> Any:
        for layer in self.corruptions:
            images = layer(images, training=True)
        return images

    def _corrupted_batch(self, batch: Batch) -> tuple[Any, Batch]:
        """What a step gives to the networks, and the batch as the loss and the metrics take it."""
        return self._corrupted(batch.images), batch

    def encode(self, images: Any, batch_size: int = 128) -> Any:
        """Return the codes of images. Deterministic.

        Args:
            images: an array, which is encoded in batches; a `tf.data.Dataset` of images (targets and
                weights beside them are ignored), encoded in its own; or a tensor, encoded at once and
                differentiably.
            batch_size: how many images of an array are encoded at once.

        Returns:
            An array of codes; for a tensor, a tensor.
        """
        return self._infer(self._encode, self._compiled_encode, images, batch_size)

    def decode(self, codes: Any, batch_size: int = 128) -> Any:
        """Return the images that the decoder makes of codes. Deterministic.

        Args:
            codes: an array, a `tf.data.Dataset` or a tensor, as in `encode`.
            batch_size: how many codes of an array are decoded at once.

        Returns:
            An array of images; for a tensor, a tensor.
        """
        return self._infer(self._decode, self._compiled_decode, codes, batch_size)

    def _infer(self, function: Callable[[Any], Any], compiled: Any, inputs: Any, batch_size: int) -> Any:
        """Apply `function` to tensors as it is, to arrays and datasets compiled and in batches."""
        return function(inputs) if is_tensor(inputs) else in_batches(compiled, inputs, batch_size)

    def _encode(self, images: Any) -> Any:
        self._ensure_built(images)
        codes = self.encoder(self.check_images(images), training=False)
        return self.bottleneck(codes, training=False)

    def _decode(self, codes: Any) -> Any:
        return self.decoder(codes, training=False)

    @functools.cached_property
    def _compiled_encode(self) -> Any:
        return tf.function(self._encode, autograph=False, reduce_retracing=True)

    @functools.cached_property
    def _compiled_decode(self) -> Any:
        return tf.function(self._decode, autograph=False, reduce_retracing=True)

    # Training

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss of the reconstructions, and what the layers add. The target is `y`, or else `x`."""
        loss = super().compute_loss(
            x=x,
            y=self.target(x, y, y_pred),
            y_pred=y_pred,
            sample_weight=per_image_weights(sample_weight),
            training=training,
        )
        return loss + penalties() / replica_count()

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The logs of the metrics. The target is `y`, or else `x`."""
        return super().compute_metrics(
            x, self.target(x, y, y_pred), y_pred, sample_weight=per_image_weights(sample_weight)
        )

    def target(self, x: Any, y: Any, y_pred: Any) -> Any:
        """The images that `y_pred` is compared with: `y`, or else `x`, as floats."""
        name, images = ("x", x) if y is None else ("y", y)
        shape = known_shape(images.shape)
        if shape is None or not compatible(shape[1:], y_pred.shape[1:]):
            remedy = (
                "Pass the images to make of x as y."
                if y is None
                else "A target is an image of the reconstruction's shape. Class labels are none: leave "
                "them out, with image_dataset_from_directory(..., labels=None) or "
                "dataset.map(lambda image, label: image)."
            )
            raise ValueError(
                f"The target {name} has the shape {shape}, the reconstruction {tuple(y_pred.shape)}. {remedy}"
            )
        return scale_images(images, self.variable_dtype)

    def train_step(self, data: Any) -> Any:
        """One step of gradient descent on a batch: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""
        batch = self._batch(data)
        with tf.GradientTape(persistent=len(self.optimizers()) > 1) as tape, taking_step(batch.real):
            y_pred, batch = self._reconstructed(batch, training=True)
            objectives = self.objectives(batch, y_pred)
            scaled_losses = [objective.optimizer.scale_loss(objective.loss) for objective in objectives]
        if not any(objective.variables for objective in objectives):
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        for (_, optimizer, variables), scaled_loss in zip(objectives, scaled_losses, strict=True):
            if variables:
                optimizer.apply_gradients(zip(tape.gradient(scaled_loss, variables), variables, strict=True))
        return self._logs(batch, y_pred)

    def objectives(self, batch: Batch, y_pred: Any) -> list[Objective]:
        """What a step of training minimizes, for each of the `optimizers`.

        Args:
            batch: the images of the step.
            y_pred: their reconstructions.
        """
        loss = self._checked_loss(batch, y_pred, training=True)
        return [Objective(loss, self.optimizer, self.trainable_variables)]

    def test_step(self, data: Any) -> Any:
        """The loss and the metrics of a batch, corrupted as in training."""
        batch = self._batch(data)
        with taking_step(batch.real):
            y_pred, batch = self._reconstructed(batch, training=False)
            self._checked_loss(batch, y_pred, training=False)
        return self._logs(batch, y_pred)

    def predict_step(self, data: Any) -> Any:
        """The reconstructions of a batch, without corruption."""
        batch = self._batch(data)
        return only_real(self(batch.images, training=False), batch.real)

    def _batch(self, data: Any) -> Batch:
        (x, y, sample_weight), real = without_empty(keras.utils.unpack_x_y_sample_weight(data))
        self._ensure_built(x)
        return Batch(self.check_images(x), y, sample_weight, real)

    def _reconstructed(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        """What the model makes of corrupted images, and the batch as the loss and the metrics take it."""
        if isinstance(self.bottleneck, Bottleneck):
            # First, because the call that follows clears what layers have added to the loss.
            self.bottleneck.observe(self.encoder, batch.images, training)
        inputs, batch = self._corrupted_batch(batch)
        return self(inputs, training=training), batch

    def _checked_loss(self, batch: Batch, y_pred: Any, training: bool) -> Any:
        """The loss, tracked as the batch-weighted mean, and 0 for targets that can't be reached."""
        images, y, sample_weight, real = batch[:4]
        self._check_added_losses()
        loss = self.compute_loss(images, y, y_pred, sample_weight, training=training)
        tracker = next(metric for metric in self.metrics if metric.name == "loss")
        # `compute_loss` has divided by the number of replicas, whose losses will be added.
        mean = loss * ops.cast(replica_count(), loss.dtype)
        count = ops.shape(images)[0] if real is None else real
        tracker.update_state(mean, sample_weight=count)
        if self.reconstruction_loss is not None:
            self.reconstruction_loss.update_state(mean - sum(self.losses) - penalties(), sample_weight=count)
        return self.guarded(loss, batch, y_pred)

    def guarded(self, loss: Any, batch: Batch, y_pred: Any) -> Any:
        """This replica's share of a loss, which is 0 for targets that can't be reached.

        Args:
            loss: of this replica's images, divided by the number of replicas.
            batch: the images of a step.
            y_pred: their reconstructions.
        """
        target = self.target(batch.images, batch.y, y_pred)
        return self.target_range.guard(share_of_batch(loss, batch.real), target)

    def _check_added_losses(self) -> None:
        if not met():
            return
        regularized = [v for v in self.trainable_variables if getattr(v, "regularizer", None) is not None]
        if len(self.losses) > len(regularized):
            raise ValueError(
                "On several replicas a network can't have both layers that work on all of their images, "
                "such as synchronized batch normalization, and layers that call add_loss, such as activity "
                "regularizers: Keras mixes the replicas' losses up. Do without one of them."
            )

    def _logs(self, batch: Batch, y_pred: Any) -> Any:
        images, y, sample_weight, y_pred = only_real((*batch[:3], y_pred), batch.real)
        return self.reducible(self.compute_metrics(images, y, y_pred, sample_weight))

    def last_activation(self) -> Any:
        return last_activation(self.decoder)

    # Serialization

    def get_config(self) -> dict[str, Any]:
        parts = ("corruption",) if self.makes_networks else PARTS
        return {
            **super().get_config(),
            **{part: serialize_layer(getattr(self, part)) for part in parts},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "CAE":
        parts = {part: deserialize_layer(config[part]) for part in PARTS if part in config}
        return super().from_config({**config, **parts}, custom_objects)

    def save_own_variables(self, store: Any) -> None:
        # Keras leaves the states of random numbers out of its files; with them, noise goes on where it was.
        for index, generator in enumerate(seed_generators(self)):
            store[str(index)] = ops.convert_to_numpy(generator.state.value)

    def load_own_variables(self, store: Any) -> None:
        for index, generator in enumerate(seed_generators(self)):
            if str(index) in store:
                generator.state.assign(store[str(index)])


def checked_layer(bottleneck: Any) -> keras.layers.Layer:
    """Return what was given as a bottleneck, if it can be one."""
    if not isinstance(bottleneck, keras.layers.Layer):
        raise TypeError(f"bottleneck must be a keras.layers.Layer, got {bottleneck!r}.")
    return bottleneck


def _checked_network(network: Any, name: str) -> keras.Model:
    if not isinstance(network, keras.Model):
        raise TypeError(f"{name} must be a keras.Model, got {network!r}.")
    return network
