"""The quality of reconstructions of images without noise."""

import functools
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from keras_cae.metrics import PSNR


class CleanQuality(keras.callbacks.Callback):
    """Adds the PSNR of the reconstructions of clean validation images to the logs, as `val_psnr`.

    In a model with a corruption, the metric of this name measures reconstructions of corrupted images. It decreases
    with the strength of the corruption, so it could not be used to choose that strength.

    Args:
        validation_data: as in `fit`.
        batch_size: number of images to reconstruct at a time, for arrays.
    """

    def __init__(self, validation_data: Any, batch_size: int) -> None:
        super().__init__()
        self.validation_data = validation_data
        self.batch_size = batch_size
        self.metric = PSNR()

    def on_train_begin(self, logs: Any = None) -> None:
        # TensorFlow would treat the lambdas of all trials as one function, and warn that it is traced too often.
        reconstruct = functools.partial(self.model, training=False)
        self._reconstruct = tf.function(reconstruct, autograph=False, reduce_retracing=True)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.metric.reset_state()
        for images, targets in self._batches():
            self.metric.update_state(images if targets is None else targets, self._reconstruct(images))
        logs["val_psnr"] = float(self.metric.result())

    def _batches(self) -> Iterator[tuple[Any, Any]]:
        if isinstance(self.validation_data, tf.data.Dataset | keras.utils.PyDataset):
            for batch in self.validation_data:
                yield keras.utils.unpack_x_y_sample_weight(batch)[:2]
            return
        images, targets, _ = keras.utils.unpack_x_y_sample_weight(self.validation_data)
        for start in range(0, len(images), self.batch_size):
            part = slice(start, start + self.batch_size)
            yield tf.convert_to_tensor(images[part]), None if targets is None else targets[part]
