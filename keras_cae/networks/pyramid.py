"""Networks that consist of levels, each of which reduces or enlarges images."""

import abc
import math
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import keras

from keras_cae.layers.crop import Crop
from keras_cae.layers.padding_to_multiple import PaddingToMultiple
from keras_cae.ranks import ranked_layer
from keras_cae.serialization import activation, activation_layer
from keras_cae.validation import per_axis, positive_int_or_ints


class Encoded(NamedTuple):
    """The graph of an encoder: the input of the bottleneck, and the feature maps for skip connections."""

    features: Any
    skips: list[Any]


def level_strides(values: Any, name: str) -> int | tuple[int | tuple[int, ...], ...]:
    """Validate the strides of levels: an integer, one for each level, or one for each level and axis."""
    if isinstance(values, list | tuple) and values:
        return tuple(positive_int_or_ints(value, f"{name}[{index}]") for index, value in enumerate(values))
    return positive_int_or_ints(values, name)


class Pyramid(abc.ABC):
    """Describes the encoder and the decoder of an architecture, and builds their graphs.

    A subclass creates the levels in `encoder_levels` and `decoder_levels`. Images of every size are padded by
    reflection until `downsampling` divides their sides, and the reconstruction is cropped to the size of the images.
    The same description serves signals, images and volumes.

    Args:
        rank: number of spatial axes.
        filters: number of channels of each level, from full resolution down.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factors by which the levels reduce images, as `level_strides` returns them.
        activation: activation of the blocks, as `activation_template` returns it.
        output_activation: activation of the last layer.
        dtype: dtype policy of all layers.

    Raises:
        ValueError: `kernel_size` or `strides` has the wrong number of values.
    """

    keeps_size_first: ClassVar[bool] = False
    """Whether the first level keeps the size of the images, unless `strides` says otherwise."""
    skip_levels: tuple[int, ...] = ()
    """The indices of the encoder levels with skip connections to the decoder, the coarsest first."""
    merge = "add"
    """How skip connections join the decoder: "add" or "concatenate"."""
    skips_images = False
    """Whether the decoder sees the images as well."""

    def __init__(
        self,
        *,
        filters: tuple[int, ...],
        kernel_size: int | tuple[int, ...],
        activation: Any,
        output_activation: Any,
        dtype: Any,
        rank: int = 2,
        strides: int | tuple[int | tuple[int, ...], ...] = 2,
    ) -> None:
        self.rank = rank
        self.filters = filters
        self.kernel_size = per_axis(kernel_size, rank, "kernel_size")
        self.strides = self._strides_of_levels(strides)
        self.activation = activation
        self.output_activation = output_activation
        self.dtype = dtype

    def _strides_of_levels(self, strides: Any) -> tuple[tuple[int, ...], ...]:
        """Return the factor by which each level reduces the images along each axis."""
        levels = len(self.filters)
        if isinstance(strides, int):
            strides = (1, *[strides] * (levels - 1)) if self.keeps_size_first else (strides,) * levels
        elif self.keeps_size_first and len(strides) == levels - 1:
            strides = (1, *strides)
        if len(strides) != levels:
            remedy = f" For the same strides at each level, use [{strides}] * {levels}." * (len(strides) == self.rank)
            raise ValueError(
                f"strides must be an integer, or have one entry for each of the {levels} levels of "
                f"filters={self.filters}, got {len(strides)}: {strides}. An entry may be a tuple with one integer for "
                f"each axis.{remedy}"
            )
        return tuple(per_axis(part, self.rank, f"strides[{index}]") for index, part in enumerate(strides))

    @property
    def downsampling(self) -> tuple[int, ...]:
        """The factor by which the encoder reduces images along each axis."""
        return tuple(math.prod(factors) for factors in zip(*self.strides, strict=True))

    @abc.abstractmethod
    def encoder_levels(self, dense: bool) -> list[keras.layers.Layer]:
        """Return the encoder's layers, from full resolution down; `dense` says whether a dense layer follows."""

    @abc.abstractmethod
    def decoder_levels(self) -> list[keras.layers.Layer]:
        """Return the decoder's layers, from the coarsest level up."""

    def block_arguments(self, index: int) -> dict[str, Any]:
        """Return the arguments that all blocks of the architecture share; `index` is the index of the level."""
        return {
            "rank": self.rank,
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "dtype": self.dtype,
            "name": f"level_{index}",
        }

    def convolution(self, kind: str, /, *args: Any, **kwargs: Any) -> keras.layers.Layer:
        """Return a Keras convolution for the rank of the networks; `kind` is a class name such as "Conv{}D"."""
        return ranked_layer(kind, self.rank, *args, padding="same", dtype=self.dtype, **kwargs)

    # The encoder

    def encode(self, images: Any, units: int | None, code_dim: int | None, dense: bool) -> Encoded:
        """Return the graph from images to the input of the bottleneck.

        Args:
            images: `keras.Input`.
            units: size of the final dense layer; None for no dense layer.
            code_dim: number of channels that the bottleneck expects of feature maps; None for any number.
            dense: whether codes are vectors, computed by the dense layer or by the bottleneck.
        """
        outputs = PaddingToMultiple(self.downsampling, dtype="float32", autocast=False, name="padding")(images)
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
        """Return a convolution with kernel size 1."""
        return self.convolution("Conv{}D", filters, 1, name=name)

    # The decoder

    def decode(self, latents: Any, skips: list[Any], image_shape: Any, start_shape: tuple[int, ...] | None) -> Any:
        """Return the graph from the output of the bottleneck to the reconstruction.

        Args:
            latents: `keras.Input`.
            skips: `keras.Input`s for the feature maps of the encoder.
            image_shape: `(*spatial, channels)`, with None for sides that may differ from batch to batch.
            start_shape: `(*spatial, channels)` of the feature maps that a dense layer computes from vectors; None if
                latents are feature maps.
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
        """Join the feature maps of a decoder level with those of the encoder."""
        if self.merge == "concatenate":
            return keras.layers.Concatenate(dtype=self.dtype, name=f"join_{index}")([outputs, features])
        return keras.layers.Add(dtype=self.dtype, name=f"join_{index}")([outputs, features])

    def finish(self, outputs: Any, skips: list[Any], image_shape: Any) -> Any:
        """Return the graph from the last level to the reconstruction."""
        outputs = self.output_convolution(image_shape[-1])(outputs)
        outputs = self.output_layer()(outputs)
        sides = image_shape[:-1]
        if None in sides or not any(side % factor for side, factor in zip(sides, self.downsampling, strict=True)):
            return outputs
        return Crop(sides, dtype="float32", autocast=False, name="crop")(outputs)

    def output_convolution(self, channels: int) -> keras.layers.Layer:
        """Return the last convolution, which restores the channels and the size of the images."""
        # If `keeps_size_first`, the decoder has no level that undoes the strides of the encoder's first level.
        strides = self.strides[0] if self.keeps_size_first else 1
        return self.convolution(
            "Conv{}DTranspose", channels, self.kernel_size, strides=strides, name="output_convolution"
        )

    def output_layer(self) -> keras.layers.Layer:
        """Return the output activation, in full precision."""
        return activation_layer(
            activation(self.output_activation, "output_activation"),
            dtype=keras.DTypePolicy(self.dtype.variable_dtype),
        )

    @property
    def smallest_size(self) -> tuple[int, ...]:
        """The minimum number of pixels of an image along each axis."""
        return self.downsampling

    def start_shape(self, shape: Any) -> tuple[Any, ...]:
        """Return the `(*spatial, channels)` of the coarsest feature maps for images of a shape."""
        *sides, _ = shape
        return (*_divided(sides, self.downsampling), self.coarsest_channels)

    @property
    def coarsest_channels(self) -> int:
        """The number of channels of the last level of the encoder."""
        return self.filters[-1]


def _divided(sides: Iterable[Any], factors: Iterable[int]) -> list[Any]:
    """Return sides divided by factors and rounded up; unknown sides remain None."""
    return [None if side is None else -(-side // factor) for side, factor in zip(sides, factors, strict=True)]
