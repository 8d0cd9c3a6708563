"""One level of an encoder."""

from typing import Any, ClassVar

import keras

from keras_cae.layers.conv_stage import ConvStage
from keras_cae.validation import positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class ConvBlock(ConvStage):
    """One level of an encoder: convolution, normalization, activation, max pooling.

    All padding is "same", so a side of `s` becomes `s / (strides * pool_size)`, rounded up.

    Args:
        filters: number of output channels.
        kernel_size: side of the square kernel, in pixels.
        strides: step of the convolution, in pixels.
        activation: name of a Keras activation, callable or layer, learnable ones too
            (`keras.layers.PReLU()`).
        normalization: "batch" or None. Comes before the activation.
        pool_size: side of the max pooling windows, in pixels; 1 for none.
        momentum: how much of batch normalization's moving averages stays at each training step.
        **kwargs: of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`.

    Output shape: `(n, ceil(height / (strides * pool_size)), ceil(width / (strides * pool_size)), filters)`.

    Raises:
        ValueError: an argument is not of the kind named above.

    Example:

    >>> block = keras_cae.layers.ConvBlock(8, normalization="batch", pool_size=2)
    >>> block(np.zeros((1, 29, 31, 3))).shape
    TensorShape([1, 15, 16, 8])
    """

    rules: ClassVar = {**ConvStage.rules, "pool_size": positive_int}

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        activation: Any = "relu",
        normalization: str | None = None,
        pool_size: int = 1,
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
            pool_size=pool_size,
            momentum=momentum,
        )
        pooling = keras.layers.MaxPooling2D(
            self.pool_size,
            padding="same",
            data_format="channels_last",
            dtype=self.dtype_policy,
            name="pooling",
        )
        self.assemble(keras.layers.Conv2D, pooling if self.pool_size > 1 else None)
