"""A function of batches of images that is compiled once for all batch sizes."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_cae.images import check_image_batch
from keras_cae.training.inference import Inference


def inference_of(autoencoder: Any, shape: Any, function: Callable[[Any], Any]) -> Inference:
    """Return an `Inference` that applies a function to images, batch by batch.

    It is compiled for a fixed signature, because TensorFlow would otherwise compile it again for a smaller last batch.

    Args:
        autoencoder: the built `CAE`, whose gate refuses images that it does not accept.
        shape: shape of the batches, with None where it may differ.
        function: maps a batch of images to a structure of tensors.
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
