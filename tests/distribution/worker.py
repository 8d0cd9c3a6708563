"""One process of a cluster, or the only one: trains a model of the library (or, for
comparison, one of stock Keras), and writes down what came of it.

    python worker.py MODEL FOLDER [--epochs N] [--pause SECONDS]

The cluster is named by TF_CONFIG. Into FOLDER go the checkpoints, backups and summaries of the callbacks, and
`result-<task>.npz` with the weights, the history, the evaluation and the predictions.
"""

import argparse
import contextlib
import json
import os
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import keras_cae


class Pause(keras.callbacks.Callback):
    """Makes batches last, so that a process can be stopped in the middle of an epoch."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds

    def on_train_batch_end(self, batch, logs=None):
        time.sleep(self.seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--pause", type=float, default=0)
    arguments = parser.parse_args()
    # Must come before anything else of TensorFlow's: it makes the cluster's connections.
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if "TF_CONFIG" in os.environ else None
    task = json.loads(os.environ.get("TF_CONFIG", '{"task": {"index": "alone"}}'))["task"]["index"]
    keras.utils.set_random_seed(0)
    # Workers draw different noise, as they should; without it their numbers are those of one process.
    keras.random.normal = lambda shape, **_: keras.ops.zeros(shape)
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = make_model(arguments.model)
    images = make_images()
    data = tf.data.Dataset.from_tensor_slices((images, images)).batch(4)
    print(f"worker {task} begins", flush=True)
    history = model.fit(
        data,
        epochs=arguments.epochs,
        validation_data=data,
        verbose=2,
        callbacks=[*make_callbacks(arguments.folder), Pause(arguments.pause)],
    )
    np.savez(
        arguments.folder / f"result-{task}.npz",
        *model.get_weights(),
        predictions=model.predict(data, verbose=0),
        evaluation=model.evaluate(data, verbose=0),
        first_epoch=history.epoch[0],
        **{f"history {name}": values for name, values in history.history.items()},
    )


def make_model(name):
    if name == "stock":
        model = keras.Sequential([keras.Input((9, 12, 2)), keras.layers.Conv2D(2, 3, padding="same")])
    else:
        model = getattr(keras_cae.models, name)(latent_dim=3, filters=(3, 4, 5))
    metrics = ["mae", keras_cae.metrics.PSNR()]
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse", metrics=metrics)
    return model


def make_images():
    """Nine of them in batches of four: the last batch has fewer images than there are workers."""
    return np.random.default_rng(0).random((9, 9, 12, 2), dtype="float32")


def make_callbacks(folder):
    return [
        keras.callbacks.BackupAndRestore(folder / "backup"),
        keras.callbacks.ModelCheckpoint(folder / "best.keras", monitor="val_loss", save_best_only=True),
        keras.callbacks.TensorBoard(folder / "logs"),
        keras_cae.callbacks.ReconstructionLogger(make_images()[:2], folder / "logs"),
    ]


if __name__ == "__main__":
    main()
