"""A function of batches of images, compiled once for batches of every size."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_cae.images import check_image_batch
from keras_cae.training.inference import Inference


def inference_of(autoencoder: Any, shape: Any, function: Callable[[Any], Any]) -> Inference:
    """Apply a function to what an autoencoder takes, batch by batch.

    TensorFlow would compile it again for the last, smaller batch.

    Args:
        autoencoder: the `CAE`, which is built; its gate refuses what it does not take.
        shape: shape of the batches, with None where it may differ.
        function: function from a batch of images to a structure of tensors.
    """
    compiled: dict[str, Any] = {}

    def apply(images: Any) -> Any:
        if autoencoder.run_eagerly:
            return function(images)
        kind = images.dtype.name
        if kind not in compiled:
            batches = tf.TensorSpec(shape, images.dtype)
            compiled[kind] = tf.function(function, autograph=False).get_concrete_function(batches)
        return compiled[kind](images)

    def check(images: Any) -> None:
        autoencoder._gate.check_array(images, "images")
        check_image_batch(images.shape, tuple(shape[1:]), autoencoder.rank)

    return Inference(apply, check, lambda: True)
