"""The base of the library's own architectures: levels of convolutions, each half the size of the last."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras

from keras_cae.images import check_image_batch, image_size
from keras_cae.layers.chain import Chain
from keras_cae.layers.convolution_of_upsampled import ConvolutionOfUpsampled
from keras_cae.models.cae import CAE, checked_layer
from keras_cae.models.decoder import Decoder
from keras_cae.models.encoder import Encoder
from keras_cae.serialization import (
    activation_layer,
    activation_template,
    get_activation,
    serialize_activation,
    serialize_layer,
)
from keras_cae.validation import positive_int, positive_ints


class PyramidCAE(CAE):
    """A `CAE` that makes its encoder and decoder, from hyperparameters and the images' shape.

    A subclass names the levels: `encoder_levels` and `decoder_levels`.
    """

    makes_networks = True
    merge: str | None = None
    smallest_side = 1
    dense_code = True
    """Whether the encoder ends with a dense layer, given a `latent_dim`. If not, the bottleneck has one."""

    def __init__(
        self,
        latent_dim: int | None,
        filters: Sequence[int],
        kernel_size: int = 3,
        activation: Any = "relu",
        output_activation: Any = "sigmoid",
        corruption: keras.layers.Layer | None = None,
        bottleneck: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(encoder=None, decoder=None, corruption=corruption, **kwargs)
        self.latent_dim = None if latent_dim is None else positive_int(latent_dim, "latent_dim")
        self.filters = positive_ints(filters, "filters")
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        self.activation = activation_template(activation, "activation")
        self.output_activation = activation_template(output_activation, "output_activation")
        self.given_bottleneck = bottleneck is not None
        if bottleneck is not None:
            self._check_takes_bottleneck()
            self.bottleneck = checked_layer(bottleneck)

    @property
    def takes_bottleneck(self) -> bool:
        """Whether the constructor may be given the bottleneck: a model that makes one of its own does not."""
        return type(self).make_bottleneck is PyramidCAE.make_bottleneck

    def _check_takes_bottleneck(self) -> None:
        if not self.takes_bottleneck:
            raise ValueError(
                f"bottleneck must be left out: {type(self).__name__} makes one of its own. Give it to "
                "BasicCAE or another model without."
            )

    def encoder_levels(self) -> list[keras.layers.Layer]:
        """The encoder's layers, from full resolution down."""
        raise NotImplementedError

    def decoder_levels(self) -> list[keras.layers.Layer]:
        """The decoder's layers, from the coarsest up; as many as the encoder halves the size."""
        raise NotImplementedError

    def make_bottleneck(self, shape: Any) -> keras.layers.Layer:
        """The layer between the encoder and the decoder, for images of `shape`, if none was given."""
        return self.identity_bottleneck()

    def block_arguments(self, index: int) -> dict[str, Any]:
        """The arguments that all blocks of this model share; `index` counts a network's levels."""
        return {
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "dtype": self.dtype_policy,
            "name": f"level_{index}",
        }

    def chains(self, levels: Iterable[list[keras.layers.Layer]]) -> list[keras.layers.Layer]:
        """The levels of a network, each of several layers."""
        return [Chain(level, dtype=self.dtype_policy, name=f"level_{index}") for index, level in enumerate(levels)]

    def free_shape(self, shape: Any) -> Any:
        image_shape = check_image_batch(shape)
        if self.latent_dim is None:
            return (None, None, None, image_shape[-1])
        return (None, *image_shape)

    def build_for(self, shape: Any) -> None:
        units = self.latent_dim if self.dense_code else None
        self.encoder = Encoder(self.encoder_levels(), units, dtype=self.dtype_policy, name="encoder")
        if not self.given_bottleneck:
            self.bottleneck = self.make_bottleneck(shape)
        levels = self.decoder_levels()
        self.smallest_side = 2 ** len(levels)
        self._check_size(shape[1:3])
        dense = self.latent_dim is not None
        self.decoder = Decoder(
            levels,
            head=self._make_head(shape[-1]),
            start_shape=self.encoder.feature_shape(shape)[1:] if dense else None,
            image_size=shape[1:3] if dense else None,
            merge=self.merge,
            dtype=self.dtype_policy,
            name="decoder",
        )
        super().build_for(shape)

    def check_images(self, inputs: Any) -> Any:
        images = super().check_images(inputs)
        self._check_size(images.shape[1:3])
        return images

    def _check_size(self, size: Any) -> None:
        if any(side is not None and side < self.smallest_side for side in size):
            raise ValueError(
                f"Images of {size[0]}×{size[1]} pixels are too small for {type(self).__name__} with "
                f"filters={self.filters}: each side must have at least {self.smallest_side} pixels. "
                "Use fewer filters (levels), or enlarge the images."
            )

    def _make_head(self, channels: int) -> list[keras.layers.Layer]:
        """The last convolution, and the output activation in full precision."""
        convolution = ConvolutionOfUpsampled(
            channels,
            self.kernel_size,
            padding="same",
            data_format="channels_last",
            dtype=self.dtype_policy,
            name="output_convolution",
        )
        return [convolution, activation_layer(self.last_activation(), dtype=self.variable_dtype)]

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        images = self.check_images(inputs)
        codes = self.bottleneck(self.encoder(images, training=training), training=training)
        return self.decoder(codes, training=training, image_size=image_size(images))

    def last_activation(self) -> Any:
        return get_activation(self.output_activation, "output_activation")

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        bottleneck = {"bottleneck": serialize_layer(self.bottleneck if self.given_bottleneck else None)}
        return {
            **super().get_config(),
            **(bottleneck if self.takes_bottleneck else {}),
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "activation": serialize_activation(self.activation),
            "output_activation": serialize_activation(self.output_activation),
        }
