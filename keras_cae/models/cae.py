"""The autoencoder that all others are made from: the networks, and how images flow through them."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_cae.images import check_image_batch, compatible, scale_images
from keras_cae.layers.bottleneck import Bottleneck
from keras_cae.models.batching import in_batches, is_tensor
from keras_cae.models.random_state import same_noise, seed_generators
from keras_cae.models.target_range import last_activation
from keras_cae.models.training_steps import Batch, TrainingSteps
from keras_cae.serialization import deserialize_layer, serialize_layer

PARTS = ("encoder", "decoder", "bottleneck", "corruption")


@keras.saving.register_keras_serializable(package="keras_cae")
class CAE(TrainingSteps):
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

    def _reconstructed(self, batch: Batch, training: bool) -> tuple[Any, Batch]:
        """What the model makes of corrupted images, and the batch as the loss and the metrics take it."""
        if isinstance(self.bottleneck, Bottleneck):
            # First, because the call that follows clears what layers have added to the loss.
            self.bottleneck.observe(self.encoder, batch.images, training)
        inputs, batch = self._corrupted_batch(batch)
        return self(inputs, training=training), batch

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
