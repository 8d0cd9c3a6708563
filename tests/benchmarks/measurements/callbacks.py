"""The cost of each callback, for the models that it supports, and of the standard set.

The time in the hooks of a callback as a fraction of the epoch: the first epoch, including everything before it, in
which the callback compiles its functions, and the median of the later ones. The ratios compare later epochs of training
with and without the callback.
"""

import functools
import itertools
import statistics
import tempfile
import time

import keras
import numpy as np
from alone import alone
from architectures import ARCHITECTURES, EXTENDED, compile_step, make_ours, train
from measured_images import float_images
from rounds import Times, interleaved, ratios
from tables import print_table

import keras_cae

ROUNDS = 3
MODELS = (*ARCHITECTURES, *EXTENDED)
EPOCHS = 3
COLUMNS = (
    "model",
    "callback",
    "first epoch",
    "later epochs",
    "with / without",
    "processor time, with / without",
)
NAMES = (
    "ReconstructionLogger",
    "ReconstructionErrorHistogram",
    "LatentProjector",
    "LatentStatistics",
    "LatentTraversal",
    "LatentInterpolation",
    "PriorSamples",
    "CodebookSummary",
    "ModelCard",
)
STANDARD = "standard_callbacks"
WITHOUT_IMAGES = ("PriorSamples", "ModelCard")
HOOKS = [name for name in dir(keras.callbacks.Callback) if name.startswith("on_")]


class HookTimer(keras.callbacks.Callback):
    """Measures the time of epochs and of the callbacks' hooks in them. It comes after these callbacks in the list."""

    def __init__(self, callbacks=()):
        super().__init__()
        self.in_hooks = 0.0
        self.marks = []
        for callback, hook in itertools.product(callbacks, HOOKS):
            if getattr(type(callback), hook) is not getattr(keras.callbacks.Callback, hook):
                setattr(callback, hook, self.timing(getattr(callback, hook)))

    def timing(self, hook):
        @functools.wraps(hook)
        def timed_hook(*arguments, **options):
            started = time.perf_counter()
            hook(*arguments, **options)
            self.in_hooks += time.perf_counter() - started

        return timed_hook

    def on_train_begin(self, logs=None):
        # The time of the hooks before the first epoch counts as part of it.
        self.marks.append((time.perf_counter(), time.process_time(), 0.0))

    def on_epoch_end(self, epoch, logs=None):
        self.mark()

    def mark(self):
        self.marks.append((time.perf_counter(), time.process_time(), self.in_hooks))

    def epochs(self):
        """Return the wall-clock time, the processor time and the time in hooks of each epoch, in seconds."""
        return np.diff(self.marks, axis=0)


def measure(options):
    rows = (row for name in options.model for row in alone(options, compare, name))
    print_table(COLUMNS, rows, labels=2)


def compare(name, options):
    """Return the rows of a model."""
    images = float_images(options)

    def new_model():
        model = make_ours(name, images.shape[1:], options.latent_dim)
        compile_step(model, images, options.batch_size)
        return model

    def run(kind=None):
        model = new_model()  # functions that callbacks compile stay with the model
        with tempfile.TemporaryDirectory() as folder:
            callbacks = make_callbacks(kind, images, folder)
            timer = HookTimer(callbacks)
            train(model, images, options.batch_size, epochs=EPOCHS, callbacks=[*callbacks, timer])
        return timer.epochs()

    fitting = fitting_kinds(new_model(), images[: options.batch_size])
    competitors = {kind: functools.partial(run, kind) for kind in fitting}
    runs = interleaved({"": run, **competitors}, options.rounds)
    without = runs.pop("")
    return [(name, callback, *cells(runs[callback], without)) for callback in runs]


def make_callbacks(kind, images, folder):
    """Return the callbacks of a row, or none."""
    if kind is None:
        return []
    if kind == STANDARD:
        return keras_cae.callbacks.standard_callbacks(images, folder)
    make = getattr(keras_cae.callbacks, kind)
    return [make(log_dir=folder) if kind in WITHOUT_IMAGES else make(images, log_dir=folder)]


def fitting_kinds(model, images):
    """Return the callbacks that support a model, and the standard set."""

    def fits(kind):
        with tempfile.TemporaryDirectory() as folder:
            try:
                train(model, images, len(images), callbacks=make_callbacks(kind, images, folder))
            except ValueError as error:
                if "can't show" not in str(error):
                    raise
                return False
        return True

    return [kind for kind in (*NAMES, STANDARD) if fits(kind)]


def cells(runs, without):
    first = statistics.median(in_hooks(run[0]) for run in runs)
    later = statistics.median(in_hooks(epoch) for run in runs for epoch in run[1:])
    return (f"{first:.2%}", f"{later:.2%}", *ratios(later_epochs(runs), later_epochs(without)))


def in_hooks(epoch):
    clock, _, hooks = epoch
    return float(hooks / clock)


def later_epochs(runs):
    """Return the `Times` of each run without its first epoch."""
    return [Times(*map(float, run[1:, :2].sum(axis=0))) for run in runs]
