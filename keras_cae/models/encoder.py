"""The encoder network of the library's own architectures."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_cae.images import scale_images
from keras_cae.models.shaped_model import ShapedModel
from keras_cae.serialization import build_once, deserialize_layer, serialize_layer
from keras_cae.validation import positive_int


@keras.saving.register_keras_serializable(package="keras_cae")
class Encoder(ShapedModel):
    """Images to codes: levels of convolutions, then a dense layer.

    A model of its own: it can be saved, exported, or put in front of a classifier. Integer images are
    scaled to [0, 1] as the autoencoder scales them.

    Args:
        levels: the layers, from full resolution to the coarsest.
        latent_dim: size of the code; None leaves out the dense layer, so that the code is the last
            level's feature map, and images may have any size.
        **kwargs: of `keras.Model`.

    Input shape: `(n, height, width, channels)`.

    Output shape: `(n, latent_dim)`; without `latent_dim`, that of the last level. With
    `return_features=True`, the codes and a list of every level's output.

    Example:

    >>> encoder = keras_cae.models.Encoder([keras_cae.layers.ConvBlock(8, strides=2)], latent_dim=4)
    >>> encoder(np.zeros((1, 28, 28, 1))).shape
    TensorShape([1, 4])
    """

    def __init__(
        self,
        levels: Sequence[keras.layers.Layer],
        latent_dim: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.levels = tuple(deserialize_layer(level) for level in levels)
        self.latent_dim = None if latent_dim is None else positive_int(latent_dim, "latent_dim")
        self.code = None
        if self.latent_dim is not None:
            self.flatten = keras.layers.Flatten(dtype=self.dtype_policy, name="flatten")
            self.code = keras.layers.Dense(latent_dim, dtype=self.dtype_policy, name="code")

    def build_for(self, shape: Any) -> None:
        for level in self.levels:
            build_once(level, shape)
            shape = level.compute_output_shape(shape)
        if self.code is not None:
            self.flatten.build(shape)
            self.code.build(self.flatten.compute_output_shape(shape))

    def call(self, inputs: Any, training: bool | None = None, return_features: bool = False) -> Any:
        features = []
        outputs = scale_images(inputs)
        for level in self.levels:
            outputs = level(outputs, training=training)
            features.append(outputs)
        if self.code is not None:
            outputs = self.code(self.flatten(outputs))
        return (outputs, features) if return_features else outputs

    def feature_shape(self, input_shape: Any) -> Any:
        """The shape of the last level's output, before the dense layer."""
        for level in self.levels:
            input_shape = level.compute_output_shape(input_shape)
        return input_shape

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.latent_dim is None:
            return self.feature_shape(input_shape)
        return (input_shape[0], self.latent_dim)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        # Traced, not asked of `compute_output_shape`, which does not know of `return_features`.
        return keras.Operation.compute_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "levels": [serialize_layer(level) for level in self.levels],
            "latent_dim": self.latent_dim,
        }
