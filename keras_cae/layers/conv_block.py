"""One level of an encoder."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.layers.conv_stage import ConvStage
from keras_cae.layers.volume_pooling import pooling
from keras_cae.validation import positive_int_or_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class ConvBlock(ConvStage):
    """One level of an encoder: convolution, normalization, activation, max pooling.

    All padding is "same", so a side of length `s` becomes `s / (strides * pool_size)`, rounded up.

    Args:
        filters: number of filters, which are the output channels.
        normalization: "batch" or None. Comes before the activation.
        momentum: momentum of the moving averages of batch normalization.
        pool_size: side of the max pooling windows, an integer or one for each axis; 1 for none.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: step of the convolution, an integer or one for each axis.
        activation: name of a Keras activation, a callable or a layer, learnable ones too, such as
            `keras.layers.PReLU()`.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3`
    `(n, depth, height, width, channels)`.

    Output shape: `(n, ceil(height / (strides * pool_size)), ceil(width / (strides * pool_size)), filters)`, and
    accordingly for signals and volumes.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> block = keras_cae.layers.ConvBlock(8, normalization="batch", pool_size=2)
    >>> block(np.zeros((1, 29, 31, 3))).shape
    TensorShape([1, 15, 16, 8])
    """

    rules: ClassVar = {**ConvStage.rules, "pool_size": positive_int_or_ints}

    def __init__(
        self,
        filters: int,
        *,
        normalization: str | None = None,
        momentum: float = 0.99,
        pool_size: int | Sequence[int] = 1,
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
            pool_size=pool_size,
            rank=rank,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
            **kwargs,
        )

    def make_convolution(self) -> keras.layers.Layer:
        return self.keras_convolution("Conv{}D")

    def make_resizing(self) -> keras.layers.Layer | None:
        size = self.along_axes("pool_size")
        if set(size) == {1}:
            return None
        return pooling("Max", self.rank, size, dtype=self.dtype_policy, name="pooling")
