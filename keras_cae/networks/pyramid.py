"""Networks made of levels, each of which halves the size of the images or doubles it."""

import abc
import math
from typing import Any, NamedTuple

import keras

from keras_cae.images import halved
from keras_cae.layers.convolution_of_upsampled import ConvolutionOfUpsampled
from keras_cae.layers.crop import Crop
from keras_cae.layers.padding_to_multiple import PaddingToMultiple
from keras_cae.serialization import activation, activation_layer


class Encoded(NamedTuple):
    """The graph of an encoder: the input of the bottleneck, and the feature maps that the decoder takes too."""

    features: Any
    skips: list[Any]


class Pyramid(abc.ABC):
    """Describes the encoder and the decoder of an architecture, and makes their graphs.

    A subclass names the levels: `encoder_levels`, `decoder_levels` and how often they halve, `halvings`. One
    rule serves every size: images are padded by reflection until `2 ** halvings` divides their sides, and
    the reconstruction is cropped to the size of the images.

    Args:
        filters: channels of each level, from full resolution down.
        kernel_size: side of the kernels, in pixels.
        activation: of the blocks, as `activation_template` returns it.
        output_activation: of the last layer.
        dtype: the policy of all layers.
    """

    skip_levels: tuple[int, ...] = ()
    """Which levels of the encoder the decoder sees too, the coarsest first, as Python indexes lists."""
    merge = "add"
    """How their feature maps join the decoder's: "add" or "concatenate"."""
    skips_images = False
    """Whether the decoder sees the images as well."""

    def __init__(
        self,
        *,
        filters: tuple[int, ...],
        kernel_size: int,
        activation: Any,
        output_activation: Any,
        dtype: Any,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.output_activation = output_activation
        self.dtype = dtype

    @property
    @abc.abstractmethod
    def halvings(self) -> int:
        """How often the encoder halves the size of images."""

    @abc.abstractmethod
    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        """The encoder's layers, from full resolution down; `dense` if a dense layer makes the code of them."""

    @abc.abstractmethod
    def decoder_levels(self) -> list[keras.layers.Layer]:
        """The decoder's layers, from the coarsest up; each doubles the size."""

    def block_arguments(self, index: int) -> dict[str, Any]:
        """The arguments that all blocks of the architecture share; `index` counts the levels of a network."""
        return {
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "dtype": self.dtype,
            "name": f"level_{index}",
        }

    # The encoder

    def encode(self, images: Any, units: int | None, code_dim: int | None, dense: bool) -> Encoded:
        """The graph from images to the input of the bottleneck.

        Args:
            images: `keras.Input`.
            units: size of the dense layer at the end; None for none.
            code_dim: channels that the bottleneck takes of feature maps; None for any number.
            dense: whether codes are vectors, by the dense layer or by the bottleneck.
        """
        outputs = PaddingToMultiple(2**self.halvings, dtype="float32", autocast=False, name="padding")(images)
        levels = []
        for level in self.encoder_levels(dense):
            outputs = level(outputs)
            levels.append(outputs)
        skips = [levels[index] for index in self.skip_levels]
        if self.skips_images:
            skips.append(images)
        if units is not None:
            outputs = keras.layers.Flatten(dtype=self.dtype, name="flatten")(outputs)
            outputs = keras.layers.Dense(units, dtype=self.dtype, name="code")(outputs)
        elif code_dim is not None and not dense:
            outputs = self.pointwise(code_dim, "vectors")(outputs)
        return Encoded(outputs, skips)

    def pointwise(self, filters: int, name: str) -> keras.layers.Layer:
        """A convolution that sees one position at a time."""
        return keras.layers.Conv2D(filters, 1, data_format="channels_last", dtype=self.dtype, name=name)

    # The decoder

    def decode(self, latents: Any, skips: list[Any], image_shape: Any, start_shape: tuple[int, ...] | None) -> Any:
        """The graph from the output of the bottleneck to the reconstruction.

        Args:
            latents: `keras.Input`.
            skips: `keras.Input`s for the feature maps of the encoder.
            image_shape: `(height, width, channels)`; None for sides that may differ from batch to batch.
            start_shape: `(height, width, channels)` of the feature maps that a dense layer makes of vectors;
                None if latents are feature maps.
        """
        outputs = latents
        if start_shape is not None:
            units = math.prod(start_shape)
            outputs = keras.layers.Dense(units, dtype=self.dtype, name="start")(outputs)
            outputs = keras.layers.Reshape(start_shape, dtype=self.dtype, name="reshape")(outputs)
        joining = skips[: len(self.skip_levels)]
        for index, level in enumerate(self.decoder_levels()):
            outputs = level(outputs)
            if index < len(joining):
                outputs = self.joined(outputs, joining[index], index)
        return self.finish(outputs, skips, image_shape)

    def joined(self, outputs: Any, features: Any, index: int) -> Any:
        """The feature maps of a level of the decoder with those of the encoder."""
        if self.merge == "concatenate":
            return keras.layers.Concatenate(dtype=self.dtype, name=f"join_{index}")([outputs, features])
        return keras.layers.Add(dtype=self.dtype, name=f"join_{index}")([outputs, features])

    def finish(self, outputs: Any, skips: list[Any], image_shape: Any) -> Any:
        """The graph from the last level to the reconstruction."""
        outputs = self.output_convolution(image_shape[-1])(outputs)
        outputs = self.output_layer()(outputs)
        sides = image_shape[:-1]
        if None in sides or all(side % 2**self.halvings == 0 for side in sides):
            return outputs
        return Crop(sides, dtype="float32", autocast=False, name="crop")(outputs)

    def output_convolution(self, channels: int) -> keras.layers.Layer:
        """The last convolution, to the channels of the images."""
        return ConvolutionOfUpsampled(
            channels,
            self.kernel_size,
            padding="same",
            data_format="channels_last",
            dtype=self.dtype,
            name="output_convolution",
        )

    def output_layer(self) -> keras.layers.Layer:
        """The output activation, in full precision."""
        return activation_layer(
            activation(self.output_activation, "output_activation"),
            dtype=keras.DTypePolicy(self.dtype.variable_dtype),
        )

    @property
    def smallest_side(self) -> int:
        """How many pixels each side of an image must have."""
        return int(2**self.halvings)

    def start_shape(self, shape: Any) -> tuple[Any, ...]:
        """`(height, width, channels)` of the coarsest feature maps for images of a shape."""
        *sides, _ = shape
        return (*(halved(side, self.halvings) for side in sides), self.coarsest_channels)

    @property
    def coarsest_channels(self) -> int:
        """How many channels the last level of the encoder has."""
        return self.filters[-1]
