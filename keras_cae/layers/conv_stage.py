"""What the convolution blocks of the encoder and of the decoder share."""

from typing import Any

import keras

from keras_cae.layers.fused_batch_normalization import FusedBatchNormalization
from keras_cae.layers.staged_layer import StagedLayer
from keras_cae.serialization import activation_layer, get_activation, serialize_activation
from keras_cae.validation import fraction, one_of, positive_int


class ConvStage(StagedLayer):
    """A convolution, an optional normalization, an activation and an optional resizing, in this order.

    A subclass says which convolution, and which layer resizes.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        activation: Any = "relu",
        normalization: str | None = None,
        momentum: float = 0.99,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int(filters, "filters")
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        self.strides = positive_int(strides, "strides")
        self.activation = get_activation(activation, "activation")
        self.normalization = one_of(normalization, "normalization", (None, "batch"))
        self.momentum = fraction(momentum, "momentum")

    def assemble(self, convolution: type[keras.layers.Layer], resizing: keras.layers.Layer | None) -> None:
        """Make the children; a subclass's constructor ends with this."""
        self.convolution = convolution(
            self.filters,
            self.kernel_size,
            strides=self.strides,
            padding="same",
            data_format="channels_last",
            dtype=self.dtype_policy,
            name="convolution",
        )
        self.normalize = (
            FusedBatchNormalization(self.momentum, synchronized=True, dtype=self.dtype_policy, name="normalization")
            if self.normalization == "batch"
            else None
        )
        self.activate = activation_layer(self.activation, dtype=self.dtype_policy)
        self.resize = resizing

    @property
    def stages(self) -> list[keras.layers.Layer]:
        stages = (self.convolution, self.normalize, self.activate, self.resize)
        return [stage for stage in stages if stage is not None]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "activation": serialize_activation(self.activation),
            "normalization": self.normalization,
            "momentum": self.momentum,
        }
