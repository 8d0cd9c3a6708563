"""One level of a decoder."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.layers.conv_stage import ConvStage
from keras_cae.ranks import nearest_upsampling
from keras_cae.validation import positive_int_or_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class TransposedConvBlock(ConvStage):
    """One level of a decoder: transposed convolution, normalization, activation, upsampling.

    All padding is "same", so a side of length `s` becomes `s * strides * upsampling`.

    Args:
        filters: number of filters, which are the output channels.
        normalization: "batch" or None. Comes before the activation.
        momentum: momentum of the moving averages of batch normalization.
        upsampling: factor of the nearest-neighbour upsampling, an integer or one for each axis; 1 for none.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: step of the transposed convolution, in pixels of its output, an integer or one for each axis.
        activation: name of a Keras activation, a callable or a layer, learnable ones too, such as
            `keras.layers.PReLU()`.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3`
    `(n, depth, height, width, channels)`.

    Output shape: `(n, height * strides * upsampling, width * strides * upsampling, filters)`, and accordingly for
    signals and volumes.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> block = keras_cae.layers.TransposedConvBlock(8, strides=2)
    >>> block(np.zeros((1, 7, 7, 32))).shape
    TensorShape([1, 14, 14, 8])
    """

    rules: ClassVar = {**ConvStage.rules, "upsampling": positive_int_or_ints}

    def __init__(
        self,
        filters: int,
        *,
        normalization: str | None = None,
        momentum: float = 0.99,
        upsampling: int | Sequence[int] = 1,
        rank: int = 2,
        kernel_size: int | Sequence[int] = 3,
        strides: int | Sequence[int] = 1,
        activation: Any = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            normalization=normalization,
            momentum=momentum,
            upsampling=upsampling,
            rank=rank,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
            **kwargs,
        )

    def make_convolution(self) -> keras.layers.Layer:
        return self.keras_convolution("Conv{}DTranspose")

    def make_resizing(self) -> keras.layers.Layer | None:
        factors = self.along_axes("upsampling")
        if set(factors) == {1}:
            return None
        return nearest_upsampling(self.rank, factors, dtype=self.dtype_policy, name="upsampling")
