"""One level of a decoder."""

from typing import Any, ClassVar

import keras

from keras_cae.layers.conv_stage import ConvStage
from keras_cae.layers.convolution_of_upsampled import ConvolutionOfUpsampled
from keras_cae.layers.nearest_upsampling import NearestUpsampling
from keras_cae.validation import positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class TransposedConvBlock(ConvStage):
    """One level of a decoder: transposed convolution, normalization, activation, upsampling.

    All padding is "same", so a side of `s` becomes `s * strides * upsampling`.

    Args:
        filters: number of output channels.
        kernel_size: side of the square kernel, in pixels.
        strides: step of the transposed convolution, in pixels of its output.
        activation: name of a Keras activation, callable or layer, learnable ones too
            (`keras.layers.PReLU()`).
        normalization: "batch" or None. Comes before the activation.
        upsampling: factor of the nearest-neighbour upsampling; 1 for none.
        momentum: how much of batch normalization's moving averages stays at each training step.
        **kwargs: of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`.

    Output shape: `(n, height * strides * upsampling, width * strides * upsampling, filters)`.

    Raises:
        ValueError: an argument is not of the kind named above.

    Example:

    >>> block = keras_cae.layers.TransposedConvBlock(8, strides=2)
    >>> block(np.zeros((1, 7, 7, 32))).shape
    TensorShape([1, 14, 14, 8])
    """

    rules: ClassVar = {**ConvStage.rules, "upsampling": positive_int}

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        activation: Any = "relu",
        normalization: str | None = None,
        upsampling: int = 1,
        momentum: float = 0.99,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
            normalization=normalization,
            upsampling=upsampling,
            momentum=momentum,
        )
        upsample = NearestUpsampling(
            self.upsampling,
            data_format="channels_last",
            dtype=self.dtype_policy,
            name="upsampling",
        )
        self.assemble(ConvolutionOfUpsampled, upsample if self.upsampling > 1 else None)
