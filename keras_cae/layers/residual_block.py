"""A block of a residual network."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.layers.chain import Chain
from keras_cae.layers.convolution_of_upsampled import ConvolutionOfUpsampled
from keras_cae.layers.image_group_normalization import ImageGroupNormalization
from keras_cae.layers.nearest_upsampling import NearestUpsampling
from keras_cae.serialization import activation as activation_rule
from keras_cae.serialization import activation_layer, activation_template, build_once
from keras_cae.validation import choice, positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class ResidualBlock(Hyperparameters, keras.layers.Layer):
    """Two convolutions whose result is added to their input.

    The branch is group normalization, activation, convolution, twice: before the convolutions, so that the
    shortcut stays free of them (He et al. 2016, "Identity Mappings in Deep Residual Networks"; Wu & He 2018,
    "Group Normalization"). The first convolution resizes. The shortcut is the input itself; where the size
    or the number of channels changes, means over `strides` pixels or a nearest-neighbour upsampling, and a
    convolution by a kernel of one pixel. The second convolution starts at zero, and the block as its shortcut
    (Goyal et al. 2017, "Accurate, Large Minibatch SGD"). Normalization is float32 in every precision.

    Args:
        filters: number of output channels.
        kernel_size: side of the square kernels, in pixels.
        strides: factor by which the first convolution makes images smaller, or larger with `upsampling`.
        upsampling: how it makes them larger: "nearest" for nearest-neighbour upsampling before it,
            "transposed" for a transposed convolution; None for smaller images.
        activation: name of a Keras activation, callable or layer; of a layer, each place has its own.
        groups: into how many groups channels are normalized at most; each has four channels or more.
        **kwargs: of `keras.layers.Layer`.

    Input shape: `(n, height, width, channels)`.

    Output shape: `(n, ceil(height / strides), ceil(width / strides), filters)`; with `upsampling`
    `(n, height * strides, width * strides, filters)`.

    Raises:
        ValueError: an argument is not of the kind named above.

    Example:

    >>> block = keras_cae.layers.ResidualBlock(8, strides=2)
    >>> block(np.zeros((1, 29, 31, 3))).shape
    TensorShape([1, 15, 16, 8])
    """

    rules: ClassVar = {
        "filters": positive_int,
        "kernel_size": positive_int,
        "strides": positive_int,
        "upsampling": choice(None, "nearest", "transposed"),
        "activation": activation_template,
        "groups": positive_int,
    }

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        upsampling: str | None = None,
        activation: Any = "silu",
        groups: int = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            upsampling=upsampling,
            activation=activation,
            groups=groups,
        )
        self.branch = Chain(
            [
                *self._normalized_and_activated("first"),
                *self._resizing_convolution(),
                *self._normalized_and_activated("second"),
                self._convolution(keras.layers.Conv2D, "second_convolution", kernel_initializer="zeros"),
            ],
            dtype=self.dtype_policy,
            name="branch",
        )
        self.shortcut: Chain | None = None

    def _normalized_and_activated(self, place: str) -> list[keras.layers.Layer]:
        activation = activation_rule(self.activation, "activation")
        return [
            ImageGroupNormalization(self.groups, dtype=self.dtype_policy, name=f"{place}_normalization"),
            activation_layer(activation, dtype=self.dtype_policy),
        ]

    def _resizing_convolution(self) -> list[keras.layers.Layer]:
        name = "first_convolution"
        if self.upsampling == "nearest":
            return [self._nearest_upsampling(), self._convolution(ConvolutionOfUpsampled, name)]
        cls = keras.layers.Conv2DTranspose if self.upsampling else keras.layers.Conv2D
        return [self._convolution(cls, name, strides=self.strides)]

    def _convolution(self, cls: type[keras.layers.Layer], name: str, **more: Any) -> keras.layers.Layer:
        arguments = {"kernel_size": self.kernel_size, "padding": "same", "data_format": "channels_last"}
        return cls(self.filters, **{**arguments, **more}, dtype=self.dtype_policy, name=name)

    def build(self, input_shape: Any) -> None:
        build_once(self.branch, input_shape)
        layers = self._shortcut_layers(input_shape[-1])
        if layers:
            self.shortcut = Chain(layers, dtype=self.dtype_policy, name="shortcut")
            self.shortcut.build(input_shape)

    def _shortcut_layers(self, channels: int) -> list[keras.layers.Layer]:
        layers = []
        if channels != self.filters:
            layers.append(self._convolution(keras.layers.Conv2D, "projection", kernel_size=1))
        if self.strides > 1 and self.upsampling:
            layers.append(self._nearest_upsampling())
        elif self.strides > 1:
            layers.insert(0, self._average_pooling())
        return layers

    def _nearest_upsampling(self) -> keras.layers.Layer:
        return NearestUpsampling(self.strides, data_format="channels_last", dtype=self.dtype_policy)

    def _average_pooling(self) -> keras.layers.Layer:
        return keras.layers.AveragePooling2D(
            self.strides, padding="same", data_format="channels_last", dtype=self.dtype_policy
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        outputs = self.branch(inputs, training=training)
        return ops.add(outputs, inputs if self.shortcut is None else self.shortcut(inputs))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.branch.compute_output_shape(input_shape)
