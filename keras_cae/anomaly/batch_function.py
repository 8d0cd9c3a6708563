"""A function of batches of images, compiled once for batches of every size."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_cae.training.inference import Inference


def inference_of(autoencoder: Any, function: Callable[[Any], Any]) -> Inference:
    """Apply a function to what an autoencoder takes, batch by batch.

    TensorFlow would compile it again for the last, smaller batch.

    Args:
        autoencoder: the `CAE`, which is built; its gate refuses what it does not take.
        function: from a batch of images to a structure of tensors.
    """
    compiled: dict[str, Any] = {}

    def apply(images: Any) -> Any:
        if autoencoder.run_eagerly:
            return function(images)
        kind = images.dtype.name
        if kind not in compiled:
            batches = tf.TensorSpec(autoencoder.built_shape, images.dtype)
            compiled[kind] = tf.function(function, autograph=False).get_concrete_function(batches)
        return compiled[kind](images)

    return Inference(apply, lambda batch: autoencoder.gate.check_array(batch, "images"), lambda: True)
