"""Removes noise from images of any size."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_cae.images import crop
from keras_cae.layers.conv_block import ConvBlock
from keras_cae.layers.padding_to_multiple import PaddingToMultiple
from keras_cae.layers.transposed_conv_block import TransposedConvBlock
from keras_cae.models.encoder_features import EncoderFeatures
from keras_cae.serialization import activation_layer
from keras_cae.validation import positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class DenoisingCAE(EncoderFeatures):
    """Removes noise from images of any size: predicts what to subtract from them.

    Fully convolutional levels, of which each halves the size by a stride; the decoder doubles it by
    transposed convolutions and sees the encoder's feature maps, concatenated at every size (Mao et al. 2016,
    "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with Symmetric Skip
    Connections"; Ronneberger et al. 2015, "U-Net"). What it makes is the noise, which is subtracted from the
    input (Zhang et al. 2017, "Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for Image
    Denoising"). Nothing is normalized, so that brightness and the strength of the noise are kept.

    Train it with a corruption, such as `keras.layers.GaussianNoise(25 / 255)`, and `loss="mae"`, on patches
    of about 48×48 pixels; or by `fit(noisy, clean)` on pairs. Afterwards `predict` takes noisy images of any
    size and adds no noise itself. Values beyond [0, 1], as noise makes them, are taken as they are, and the
    output is not clipped. Sizes that the levels can't halve are padded inside by reflection.

    The code, `encode(images)`, is the coarsest feature map. Decoding needs the other feature maps and the
    images too: `decode(*encode(images, return_features=True))` is `predict(images)`.

    Args:
        filters: channels of each level's convolutions, from full resolution down.
        convs_per_level: how many convolutions the encoder and the decoder have at each size.
        kernel_size: side of the kernels, in pixels.
        activation: name of a Keras activation, callable or layer, which must allow for images of any size
            (`keras.layers.PReLU(shared_axes=[1, 2])`); of a layer, each convolution has its own.
        output_activation: the same, for the difference of input and noise.
        corruption: layer that is applied to the inputs in training and evaluation, never to the targets.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`, of any size.

    Output shape: that of the input.

    Raises:
        ValueError: an argument is not of the kind named above, or `decode` is given codes without features.

    Example:

    >>> noise = keras.layers.GaussianNoise(25 / 255)
    >>> model = keras_cae.models.DenoisingCAE(filters=(4, 8), corruption=noise)
    >>> model.compile(optimizer="adam", loss="mae")
    >>> patches = np.random.default_rng(0).random((16, 12, 12, 1), dtype="float32")
    >>> history = model.fit(patches, verbose=0)
    >>> model.predict(np.zeros((1, 29, 31, 1)), verbose=0).shape
    (1, 29, 31, 1)
    """

    merge = "concatenate"

    def __init__(
        self,
        filters: Sequence[int] = (32, 64, 128),
        convs_per_level: int = 2,
        kernel_size: int = 3,
        activation: Any = "relu",
        output_activation: Any = "linear",
        corruption: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(None, filters, kernel_size, activation, output_activation, corruption, **kwargs)
        self.convs_per_level = positive_int(convs_per_level, "convs_per_level")
        self.autocast = False  # The noise is subtracted in full precision.

    def build_for(self, shape: Any) -> None:
        self.activate_output = activation_layer(self.last_activation(), dtype=self.variable_dtype)
        super().build_for(shape)

    def encoder_levels(self) -> list[keras.layers.Layer]:
        padding = PaddingToMultiple(2 ** (len(self.filters) - 1), dtype=self.variable_dtype, name="padding")
        levels = [
            self._convolutions(filters, strides=1 if index == 0 else 2) for index, filters in enumerate(self.filters)
        ]
        return self.chains([[padding, *levels[0]], *levels[1:]])

    def decoder_levels(self) -> list[keras.layers.Layer]:
        """Convolutions of what was joined, but at the coarsest level, and the step to the next size."""
        levels = []
        for index, filters in enumerate(reversed(self.filters[:-1])):
            enlarging = TransposedConvBlock(filters, strides=2, **self.block_arguments(index))
            joined = self._convolutions(self.filters[-1 - index]) if index else []
            levels.append([*joined, enlarging])
        return self.chains(levels)

    def _make_head(self, channels: int) -> list[keras.layers.Layer]:
        convolutions = self._convolutions(self.filters[0]) if len(self.filters) > 1 else []
        output_convolution = super()._make_head(channels)[0]
        return [*convolutions, output_convolution]

    def _convolutions(self, filters: int, strides: int = 1) -> list[keras.layers.Layer]:
        return [
            ConvBlock(filters, strides=1 if index else strides, **self.block_arguments(index))
            for index in range(self.convs_per_level)
        ]

    def _check_size(self, size: Any) -> None:
        """Any size will do: images are padded."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        codes, features = self._codes_and_features(self.check_images(inputs), training)
        return self._denoised([codes, *features], training)

    def _codes_and_features(self, images: Any, training: bool | None) -> Any:
        """The codes; the feature maps that the decoder takes, the coarsest first, and the images."""
        codes, features = self.encoder(images, training=training, return_features=True)
        return self.bottleneck(codes, training=training), [*features[-2::-1], images]

    def _decode(self, codes: Any) -> Any:
        return self._denoised(codes, training=False)

    def _denoised(self, codes_and_features: Any, training: bool | None) -> Any:
        *codes, images = codes_and_features
        noise = crop(self.decoder(codes, training=training), ops.shape(images)[1:3])
        images = ops.cast(images, self.variable_dtype)
        return self.activate_output(images - ops.cast(noise, images.dtype))

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "convs_per_level": self.convs_per_level}
        del config["latent_dim"]
        return config
