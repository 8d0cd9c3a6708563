"""The speed of exported files in their runtimes, compared with `predict`.

Images per second, and the ratio to `predict` of the same model, which is above 1 if the file is faster. OpenVINO
computes in float32 here, like the others.
"""

import importlib.util
import tempfile
from functools import partial
from pathlib import Path

import keras
import numpy as np
from alone import alone
from architectures import ARCHITECTURES, make_ours
from measured_images import float_images
from rounds import interleaved, medians, ratios, timed, warm_up
from tables import print_table

from keras_cae.exporting.export import FORMATS

ROUNDS = 7
MODELS = tuple(ARCHITECTURES)
COLUMNS = ("model", "runtime", "images a second", "file / predict", "processor time, predict / file")
SUFFIXES = {"onnx": ".onnx", "openvino": ".xml", "litert": ".tflite"}


def measure(options):
    rows = (row for name in options.model for row in alone(options, compare, name))
    print_table(COLUMNS, rows, labels=2)


def compare(name, options):
    """Return the rows of a model."""
    keras.utils.set_random_seed(0)
    images = float_images(options)
    model = make_ours(name, images.shape[1:], options.latent_dim)
    model.build(images.shape)
    with tempfile.TemporaryDirectory() as folder:
        competitors = {
            "predict": partial(timed, model.predict, images, batch_size=options.batch_size, verbose=0),
            **{
                FORMATS[name].title: partial(timed, in_batches, run, images, options.batch_size)
                for name, run in exported(model, folder)
            },
        }
        warm_up(competitors)
        times = interleaved(competitors, options.rounds)
    rate = {title: f"{round(len(images) / medians(taken).clock):,}" for title, taken in times.items()}
    return [(name, title, rate[title], *ratios(times["predict"], taken)) for title, taken in times.items()]


def exported(model, folder):
    """Yield the name of each format that can be written and run here, and a function that runs the file."""
    for name, file_format in FORMATS.items():
        if all(map(importlib.util.find_spec, file_format.packages)) and file_format.can_run:
            path = f"{folder}/model{SUFFIXES.get(name, '')}"
            model.export(path, format=name, verbose=False)
            yield name, file_format.load(Path(path))


def in_batches(run, images, batch_size):
    """Return the outputs of a file for all images."""
    outputs = [run(images[start : start + batch_size]) for start in range(0, len(images), batch_size)]
    return np.concatenate([np.array(next(iter(output.values()))) for output in outputs])
