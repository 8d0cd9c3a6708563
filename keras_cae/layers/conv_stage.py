"""The base of the convolution blocks of encoders and decoders."""

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.layers.fused_batch_normalization import FusedBatchNormalization
from keras_cae.layers.staged_layer import StagedLayer
from keras_cae.ranks import rank_rule, ranked_layer
from keras_cae.serialization import activation as activation_rule
from keras_cae.serialization import activation_layer
from keras_cae.validation import choice, fraction, per_axis, positive_int, positive_int_or_ints

PER_AXIS = ("kernel_size", "strides", "pool_size", "upsampling")
"""The arguments with one value for all axes or one for each axis."""


class ConvStage(Hyperparameters, StagedLayer):
    """A convolution, an optional normalization, an activation and an optional resizing layer, in this order.

    A subclass creates the convolution in `make_convolution` and the resizing layer in `make_resizing`.
    """

    rules: ClassVar = {
        "filters": positive_int,
        "rank": rank_rule,
        "kernel_size": positive_int_or_ints,
        "strides": positive_int_or_ints,
        "activation": activation_rule,
        "normalization": choice(None, "batch"),
        "momentum": fraction,
    }

    rank: int
    dtype_policy: Any

    def __init__(
        self,
        filters: int,
        *,
        rank: int = 2,
        kernel_size: int | Sequence[int] = 3,
        activation: Any = "relu",
        normalization: str | None = None,
        momentum: float = 0.99,
        **kwargs: Any,
    ) -> None:
        own = {name: kwargs.pop(name) for name in ("strides", "pool_size", "upsampling") if name in self.rules}
        super().__init__(**kwargs)
        self.keep(
            filters=filters,
            rank=rank,
            kernel_size=kernel_size,
            activation=activation,
            normalization=normalization,
            momentum=momentum,
            **own,
        )
        for name in PER_AXIS:
            if name in self.rules:
                self.along_axes(name)
        self.convolution = self.make_convolution()
        self.normalize = (
            FusedBatchNormalization(self.momentum, synchronized=True, dtype=self.dtype_policy, name="normalization")
            if self.normalization == "batch"
            else None
        )
        self.activate = activation_layer(self.activation, dtype=self.dtype_policy)
        self.resize = self.make_resizing()

    @abc.abstractmethod
    def make_convolution(self) -> keras.layers.Layer:
        """Return the convolution."""

    def make_resizing(self) -> keras.layers.Layer | None:
        """Return the last layer, which resizes. By default, there is none."""
        return None

    def along_axes(self, name: str) -> tuple[int, ...]:
        """Return an argument as one value for each axis."""
        return per_axis(getattr(self, name), self.rank, name)

    def keras_convolution(self, kind: str) -> keras.layers.Layer:
        """Return a Keras convolution with the arguments of this layer; `kind` is a class name such as "Conv{}D"."""
        return ranked_layer(
            kind,
            self.rank,
            self.filters,
            self.along_axes("kernel_size"),
            strides=self.along_axes("strides"),
            padding="same",
            dtype=self.dtype_policy,
            name="convolution",
        )

    @property
    def stages(self) -> list[keras.layers.Layer]:
        stages = (self.convolution, self.normalize, self.activate, self.resize)
        return [stage for stage in stages if stage is not None]
