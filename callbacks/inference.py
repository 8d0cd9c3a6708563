"""Compiled inference functions of a model, shared by all callbacks."""

import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_cae.training.inference import Inference as Batches

BATCH_SIZE = 128
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "reconstruct": lambda model, images: model(images, training=False),
    "encode": lambda model, images: model.encode(images),
    "posterior": lambda model, images: model.posterior(images),
    "decode": lambda model, codes: model.decode(codes),
}
_of_models: weakref.WeakKeyDictionary[keras.Model, "Inference"] = weakref.WeakKeyDictionary()


def inference_of(model: keras.Model) -> "Inference":
    """Return the `Inference` of a model, shared by all callbacks until Keras creates a new training function."""
    inference = _of_models.get(model)
    if inference is None or inference.step() is not model.train_function:
        inference = _of_models[model] = Inference(model)
    return inference


class Inference:
    """Applies a model to arrays of any length, in batches, with each method compiled once.

    Models that run eagerly are not compiled. All results are arrays; floats are float32.

    Args:
        model: the model.
    """

    def __init__(self, model: keras.Model) -> None:
        # Use a weak reference: this object is a value of `_of_models` and must not keep its key alive.
        self._model = weakref.ref(model)
        self.step = weakref.ref(model.train_function) if model.train_function else lambda: None
        self._compiled: dict[Any, Any] = {}

    def reconstruct(self, images: Any) -> Any:
        """Return the reconstructions of images."""
        return self._apply("reconstruct", images)

    def encode(self, images: Any) -> Any:
        """Return the codes of images."""
        return self._apply("encode", images)

    def posterior(self, images: Any) -> Any:
        """Return the mean and the log variance of the codes of images."""
        return self._apply("posterior", images)

    def decode(self, codes: Any) -> Any:
        """Return the images decoded from codes."""
        return self._apply("decode", codes)

    def _apply(self, name: str, inputs: Any) -> Any:
        inputs = np.asarray(inputs)
        outputs = Batches(self._function(name, inputs), eager=lambda: True)(inputs, BATCH_SIZE)
        return keras.tree.map_structure(_as_float32, outputs)

    def _function(self, name: str, inputs: np.ndarray) -> Callable[[Any], Any]:
        model, function = self._model, FUNCTIONS[name]

        def apply(batch: Any) -> Any:
            return function(model(), batch)

        kind = (name, inputs.shape[1:], inputs.dtype)
        if model().run_eagerly:  # type: ignore[union-attr]  # it is alive: a callback holds it
            chosen = apply
        elif kind in self._compiled:
            chosen = self._compiled[kind]
        else:
            batches = tf.TensorSpec((None, *inputs.shape[1:]), inputs.dtype)
            # Use a concrete function: TensorFlow would otherwise warn of retracing when many models are trained.
            chosen = tf.function(apply, autograph=False).get_concrete_function(batches)
            self._compiled[kind] = chosen
        return lambda batch: chosen(ops.convert_to_tensor(batch))


def _as_float32(array: np.ndarray) -> np.ndarray:
    return array.astype("float32", copy=False) if array.dtype.kind == "f" else array
