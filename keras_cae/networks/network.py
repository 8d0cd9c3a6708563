"""The `keras.Model` class of encoders and decoders."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cae.atomic_files import AtomicFiles
from keras_cae.images import scale_images


@keras.saving.register_keras_serializable(package="keras_cae")
class Network(AtomicFiles, keras.Model):
    """A functional `keras.Model` whose image inputs may be integers.

    Integers that are passed to a float input are scaled to [0, 1] by the largest value of their type, as in the
    autoencoder, whereas Keras would only cast them. The layers are nodes of a graph, so that their outputs are
    available with `keras.Model(network.inputs, network.get_layer("level_1").output)`.

    Args:
        inputs: `keras.Input` or a list of them.
        outputs: outputs of the graph.
        name: name of the model.

    Input shape: that of the inputs.

    Output shape: that of the outputs.

    Example:

    >>> images = keras.Input((28, 28, 1))
    >>> network = keras_cae.networks.Network(images, keras.layers.Flatten()(images))
    >>> float(np.max(network(np.full((1, 28, 28, 1), 255, "uint8"))))
    1.0
    """

    predict_function: Any
    _gate: Any = None
    """The `InputGate` of the autoencoder that this encoder belongs to. It refuses what the autoencoder refuses."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        images = args[0] if args else None
        if self._gate is not None and isinstance(images, np.ndarray | tf.Tensor) and tf.executing_eagerly():
            self._gate.check_array(np.asarray(images), "images")
        return super().__call__(*args, **kwargs)

    def predict_step(self, data: Any) -> Any:
        if self._gate is not None:
            self._gate.check_prediction_batch(data)
        return super().predict_step(data)

    def make_predict_function(self, force: bool = False) -> None:
        is_new = self.predict_function is None or force
        super().make_predict_function(force)
        if is_new and self._gate is not None:
            self.predict_function = self._checking(self.predict_function)

    def _checking(self, function: Any) -> Any:
        def checked(data: Any) -> Any:
            outputs = function(data)
            self._gate.raise_refusal()
            return outputs

        return checked

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        parts = inputs if isinstance(inputs, list | tuple) else [inputs]
        scaled = [_as_expected(part, spec) for part, spec in zip(parts, self.inputs, strict=False)]
        inputs = scaled if isinstance(inputs, list | tuple) else scaled[0]
        return super().call(inputs, training=training, mask=mask, **kwargs)


def _as_expected(value: Any, spec: Any) -> Any:
    is_float = "float" in keras.backend.standardize_dtype(spec.dtype)
    return scale_images(value, spec.dtype) if is_float and hasattr(value, "dtype") else value
