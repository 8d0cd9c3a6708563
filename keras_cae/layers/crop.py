"""Cropping to a size."""

from typing import Any, ClassVar

import keras

from keras_cae.hyperparameters import Hyperparameters
from keras_cae.images import crop
from keras_cae.validation import positive_ints


@keras.saving.register_keras_serializable(package="keras_cae")
class Crop(Hyperparameters, keras.layers.Layer):
    """Crops images to a size, keeping the beginning of each axis: it removes what `PaddingToMultiple` added."""

    rules: ClassVar = {"size": positive_ints}

    def __init__(self, size: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(size=size)

    def call(self, inputs: Any) -> Any:
        return crop(inputs, self.size)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *self.size, input_shape[-1])
