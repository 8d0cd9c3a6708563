"""A block of a residual network."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.layers.chain import Chain
from keras_cae.layers.image_group_normalization import ImageGroupNormalization
from keras_cae.layers.upsampled_convolution import UpsampledConvolution
from keras_cae.layers.volume_pooling import pooling
from keras_cae.ranks import nearest_upsampling, rank_rule, ranked_layer
from keras_cae.serialization import activation as activation_rule
from keras_cae.serialization import activation_layer, activation_template, build_once
from keras_cae.validation import choice, per_axis, positive_int, positive_int_or_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class ResidualBlock(Hyperparameters, keras.layers.Layer):
    """A residual block: two convolutions, whose result is added to their input.

    The branch consists of group normalization, activation and convolution, twice. Normalization and activation precede
    the convolutions, so that the shortcut does not contain them (He et al. 2016, "Identity Mappings in Deep Residual
    Networks"; Wu & He 2018, "Group Normalization"). The first convolution resizes. The shortcut is the input itself. If
    the size or the number of channels changes, the shortcut consists of average pooling or nearest-neighbour
    upsampling, and a 1×1 convolution. The second convolution is initialized to zero, so that the block starts as its
    shortcut (Goyal et al. 2017, "Accurate, Large Minibatch SGD"). Normalization is computed in float32 in every
    precision, and under "mixed_bfloat16" also the activation that follows.

    Args:
        filters: number of filters, which are the output channels.
        upsampling: how the first convolution enlarges images: "nearest" for nearest-neighbour upsampling before it,
            "transposed" for a transposed convolution. None if the block reduces images.
        groups: maximum number of groups of channels that are normalized together. Each has at least four channels.
        rank: number of spatial axes: 1 for signals, 2 for images, 3 for volumes.
        kernel_size: size of the kernels, an integer or one for each axis.
        strides: factor by which the first convolution reduces images, or enlarges them with `upsampling`; an integer or
            one for each axis.
        activation: name of a Keras activation, a callable or a layer, learnable ones too, such as
            `keras.layers.PReLU()`. Every place gets its own copy of a layer.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`; with `rank=1` `(n, length, channels)`, with `rank=3`
    `(n, depth, height, width, channels)`.

    Output shape: `(n, ceil(height / strides), ceil(width / strides), filters)`; with `upsampling` `(n, height *
    strides, width * strides, filters)`; accordingly for signals and volumes.

    Raises:
        ValueError: an argument is invalid.

    Example:

    >>> block = keras_cae.layers.ResidualBlock(8, strides=2)
    >>> block(np.zeros((1, 29, 31, 3))).shape
    TensorShape([1, 15, 16, 8])
    """

    rules: ClassVar = {
        "filters": positive_int,
        "rank": rank_rule,
        "kernel_size": positive_int_or_ints,
        "strides": positive_int_or_ints,
        "upsampling": choice(None, "nearest", "transposed"),
        "activation": activation_template,
        "groups": positive_int,
    }

    def __init__(
        self,
        filters: int,
        *,
        upsampling: str | None = None,
        groups: int = 8,
        rank: int = 2,
        kernel_size: int | Sequence[int] = 3,
        strides: int | Sequence[int] = 1,
        activation: Any = "silu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(
            filters=filters,
            upsampling=upsampling,
            groups=groups,
            rank=rank,
            kernel_size=kernel_size,
            strides=strides,
            activation=activation,
        )
        self._factors = per_axis(self.strides, self.rank, "strides")
        self.branch = Chain(
            [
                *self._normalized_and_activated("first"),
                self._resizing_convolution(),
                *self._normalized_and_activated("second"),
                self._convolution("Conv{}D", "second_convolution", kernel_initializer="zeros"),
            ],
            dtype=self.dtype_policy,
            name="branch",
        )
        self.shortcut: Chain | None = None

    def _normalized_and_activated(self, place: str) -> list[keras.layers.Layer]:
        activation = activation_rule(self.activation, "activation")
        # On CPUs, the gradient of an activation takes twice as long in bfloat16 as in float32, which these values have.
        policy = "float32" if self.compute_dtype == "bfloat16" else self.dtype_policy
        return [
            ImageGroupNormalization(self.groups, dtype=policy, name=f"{place}_normalization"),
            activation_layer(activation, dtype=policy),
        ]

    def _resizing_convolution(self) -> keras.layers.Layer:
        name = "first_convolution"
        if self.upsampling == "nearest":
            return UpsampledConvolution(
                self.filters,
                rank=self.rank,
                kernel_size=self.kernel_size,
                upsampling=self.strides,
                dtype=self.dtype_policy,
                name=name,
            )
        return self._convolution("Conv{}DTranspose" if self.upsampling else "Conv{}D", name, strides=self._factors)

    def _convolution(self, kind: str, name: str, **more: Any) -> keras.layers.Layer:
        arguments = {"kernel_size": per_axis(self.kernel_size, self.rank, "kernel_size"), "padding": "same", **more}
        return ranked_layer(kind, self.rank, self.filters, **arguments, dtype=self.dtype_policy, name=name)

    def build(self, input_shape: Any) -> None:
        build_once(self.branch, input_shape)
        layers = self._shortcut_layers(input_shape[-1])
        if layers:
            self.shortcut = Chain(layers, dtype=self.dtype_policy, name="shortcut")
            self.shortcut.build(input_shape)

    def _shortcut_layers(self, channels: int) -> list[keras.layers.Layer]:
        layers = []
        if channels != self.filters:
            layers.append(self._convolution("Conv{}D", "projection", kernel_size=1))
        if set(self._factors) == {1}:
            return layers
        if self.upsampling:
            layers.append(nearest_upsampling(self.rank, self._factors, dtype=self.dtype_policy))
        else:
            layers.insert(0, pooling("Average", self.rank, self._factors, dtype=self.dtype_policy))
        return layers

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        outputs = self.branch(inputs, training=training)
        return ops.add(outputs, inputs if self.shortcut is None else self.shortcut(inputs))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.branch.compute_output_shape(input_shape)
