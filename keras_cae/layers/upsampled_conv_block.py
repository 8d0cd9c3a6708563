"""One level of a decoder that starts with upsampling."""

from typing import Any, ClassVar

import keras

from keras_cae.layers.conv_stage import ConvStage
from keras_cae.layers.upsampled_convolution import UpsampledConvolution
from keras_cae.validation import positive_int_or_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class UpsampledConvBlock(ConvStage):
    """One level of a decoder: nearest-neighbour upsampling, transposed convolution, normalization, activation.

    In the architecture, the upsampling is the end of the previous level. As the beginning of this level, it can be
    computed together with the convolution.

    Args:
        filters: number of filters, which are the output channels.
        upsampling: factor of the upsampling, an integer or one for each axis.
        **kwargs: arguments of `ConvStage`.
    """

    rules: ClassVar = {
        **{name: rule for name, rule in ConvStage.rules.items() if name != "strides"},
        "upsampling": positive_int_or_ints,
    }

    def __init__(self, filters: int, *, upsampling: Any = 1, **kwargs: Any) -> None:
        super().__init__(filters, upsampling=upsampling, **kwargs)

    def make_convolution(self) -> keras.layers.Layer:
        return UpsampledConvolution(
            self.filters,
            rank=self.rank,
            kernel_size=self.kernel_size,
            upsampling=self.upsampling,
            dtype=self.dtype_policy,
            name="convolution",
        )
