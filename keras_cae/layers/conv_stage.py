"""What the convolution blocks of the encoder and of the decoder share."""

from typing import ClassVar

import keras

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.layers.fused_batch_normalization import FusedBatchNormalization
from keras_cae.layers.staged_layer import StagedLayer
from keras_cae.serialization import activation as activation_rule
from keras_cae.serialization import activation_layer
from keras_cae.validation import choice, fraction, positive_int


class ConvStage(Hyperparameters, StagedLayer):
    """A convolution, an optional normalization, an activation and an optional resizing, in this order.

    A subclass says which convolution, and which layer resizes.
    """

    rules: ClassVar = {
        "filters": positive_int,
        "kernel_size": positive_int,
        "strides": positive_int,
        "activation": activation_rule,
        "normalization": choice(None, "batch"),
        "momentum": fraction,
    }

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
