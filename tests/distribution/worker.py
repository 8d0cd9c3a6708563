"""A process of a cluster, or a single process, which trains models and saves the results.

MODEL is a model of the library, or one of stock Keras for comparison.

    python worker.py FOLDER MODEL ... [--epochs N] [--pause SECONDS] [--shards PATTERN]

TF_CONFIG specifies the cluster. The images are generated, or streamed from shards. Writes the checkpoints, backups and
summaries of the callbacks to FOLDER/MODEL, and `result-<task>.npz` with the weights, the history, the evaluation and
the predictions.
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
from small_models import MODELS, make_compiled, make_images, shared_draws

import keras_cae
from keras_cae.datasets import stream_images

COUNT = 9
"""Images in batches of four. The last batch has fewer images than there are workers."""


class Pause(keras.callbacks.Callback):
    """Delays each batch, so that a process can be stopped in the middle of an epoch."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds

    def on_train_batch_end(self, batch, logs=None):
        time.sleep(self.seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="+", choices=[*MODELS, "stock"])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--shards", help="the pattern of the paths of packed images to train on")
    arguments = parser.parse_args()
    # This must come first, because it creates the connections of the cluster.
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if "TF_CONFIG" in os.environ else None
    task = json.loads(os.environ.get("TF_CONFIG", '{"task": {"index": "alone"}}'))["task"]["index"]
    for name, function in shared_draws().items():
        setattr(keras.random, name, function)
    for name in arguments.models:
        print(f"worker {task} begins with {name}", flush=True)
        keras.utils.set_random_seed(0)
        with strategy.scope() if strategy else contextlib.nullcontext():
            model = make_stock() if name == "stock" else make_compiled(name)
        train(model, arguments.folder / name, task, arguments)


def make_stock():
    model = keras.Sequential([keras.Input((9, 12, 2)), keras.layers.Conv2D(2, 3, padding="same")])
    model.compile("sgd", "mse")
    return model


def train(model, folder, task, arguments):
    data, still = make_data(arguments.shards)
    folder.mkdir(exist_ok=True)
    history = model.fit(
        data,
        epochs=arguments.epochs,
        validation_data=still,
        verbose=2,
        callbacks=[*make_callbacks(folder), Pause(arguments.pause)],
    )
    np.savez(
        folder / f"result-{task}.npz",
        *model.get_weights(),
        predictions=model.predict(still, verbose=0),
        evaluation=model.evaluate(still, verbose=0),
        first_epoch=history.epoch[0],
        **{f"history {name}": values for name, values in history.history.items()},
    )


def make_data(shards):
    """Return the batches to train on, and the same images in an order that does not change."""
    if shards is None:
        images = make_images(COUNT)
        data = tf.data.Dataset.from_tensor_slices((images, images)).batch(4)
        return data, data
    return stream_images(shards, batch_size=4, seed=0), stream_images(shards, batch_size=4, shuffle=False)


def make_callbacks(folder):
    return [
        keras.callbacks.BackupAndRestore(folder / "backup"),
        keras.callbacks.ModelCheckpoint(folder / "best.keras", monitor="val_loss", save_best_only=True),
        keras.callbacks.TensorBoard(folder / "logs"),
        keras_cae.callbacks.ReconstructionLogger(make_images(2), folder / "logs"),
    ]


if __name__ == "__main__":
    main()
