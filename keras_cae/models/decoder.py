"""The decoder network of the library's own architectures."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_cae.images import crop, halved
from keras_cae.models.shaped_model import ShapedModel
from keras_cae.serialization import build_once, deserialize_layer, serialize_layer
from keras_cae.validation import one_of, positive_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class Decoder(ShapedModel):
    """Codes to images: a dense layer, levels that double the size, and a head.

    Mirrors an encoder whose levels halve the size, rounding up: after each level the output is cropped
    to the size that the encoder had there.

    Args:
        levels: the layers, from the coarsest to full resolution; each doubles height and width.
        head: the last layer or layers, to the image's channels, at full resolution.
        start_shape: `(height, width, channels)` of the feature map that the dense layer makes of the
            codes; None if codes are such maps already.
        image_size: `(height, width)` of the images; None for any size. `call` takes the size then, and
            without it does not crop.
        merge: how features of the encoder join, after each level for which there are any: "add",
            "concatenate", or None if the decoder takes no features. The inputs are then a list of codes
            and feature maps, the coarsest first.
        **kwargs: of `keras.Model`.

    Input shape: `(n, latent_dim)` with a start shape, `(n, height, width, channels)` without; with
    `merge` a list of the code's and the features' shapes.

    Output shape: `(n, *image_size, channels)`.

    Raises:
        ValueError: `merge` is unknown, or features that join do not have the sizes of the levels.

    Example:

    >>> level = keras_cae.layers.TransposedConvBlock(8, strides=2)
    >>> head = keras.layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")
    >>> decoder = keras_cae.models.Decoder([level], [head], (15, 15, 16), image_size=(29, 29))
    >>> decoder(np.zeros((1, 4))).shape
    TensorShape([1, 29, 29, 1])
    """

    def __init__(
        self,
        levels: Sequence[keras.layers.Layer],
        head: Sequence[keras.layers.Layer],
        start_shape: tuple[int, int, int] | None = None,
        image_size: tuple[int, int] | None = None,
        merge: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.start_shape: Any = start_shape and positive_ints(start_shape, "start_shape")
        self.image_size = image_size and positive_ints(image_size, "image_size")
        self.merge = one_of(merge, "merge", (None, "add", "concatenate"))
        self.start = None
        if self.start_shape is not None:
            units = math.prod(self.start_shape)
            self.start = keras.layers.Dense(units, dtype=self.dtype_policy, name="start")
            self.reshape = keras.layers.Reshape(self.start_shape, dtype=self.dtype_policy, name="reshape")
        self.levels = tuple(deserialize_layer(level) for level in levels)
        self.head = tuple(deserialize_layer(layer) for layer in head)

    def build_for(self, shape: Any) -> None:
        shape, *feature_shapes = (shape,) if self.merge is None else shape
        if self.start is not None:
            self.start.build(shape)
            self.reshape.build(self.start.compute_output_shape(shape))
            shape = (None, *self.start_shape)
        sizes = self._level_sizes(self.image_size)
        for index, level in enumerate(self.levels):
            build_once(level, shape)
            channels = level.compute_output_shape(shape)[-1]
            shape = (None, *sizes[index], channels)
            if index < len(feature_shapes):
                shape = self._joined_shape(shape, feature_shapes[index])
        for layer in self.head:
            build_once(layer, shape)
            shape = layer.compute_output_shape(shape)

    def _level_sizes(self, image_size: Any) -> list[tuple[Any, Any]]:
        """`(height, width)` after each level; None where the size of the images is not known."""
        height, width = image_size or (None, None)
        halvings = reversed(range(len(self.levels)))
        return [(halved(height, times), halved(width, times)) for times in halvings]

    def _joined_shape(self, shape: Any, feature_shape: Any) -> Any:
        channels, feature_channels = shape[-1], feature_shape[-1]
        if self.merge == "concatenate":
            return (*feature_shape[:-1], channels + feature_channels)
        if channels != feature_channels:
            raise ValueError(
                'merge="add" needs features as wide as the level that they join, got '
                f'{feature_channels} and {channels} channels. Use merge="concatenate".'
            )
        return feature_shape

    def call(self, inputs: Any, training: bool | None = None, image_size: Any = None) -> Any:
        outputs, *features = [inputs] if self.merge is None else inputs
        if self.start is not None:
            outputs = self.reshape(self.start(outputs))
        sizes = self._level_sizes(self.image_size or image_size)
        for index, level in enumerate(self.levels):
            outputs = crop(level(outputs, training=training), sizes[index])
            if index < len(features):
                outputs = self._join(outputs, features[index])
        for layer in self.head:
            outputs = layer(outputs, training=training)
        return outputs

    def _join(self, outputs: Any, features: Any) -> Any:
        outputs = crop(outputs, ops.shape(features)[1:3])
        if self.merge == "add":
            return outputs + features
        return ops.concatenate([outputs, features], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "levels": [serialize_layer(level) for level in self.levels],
            "head": [serialize_layer(layer) for layer in self.head],
            "start_shape": self.start_shape,
            "image_size": self.image_size,
            "merge": self.merge,
        }
