"""What every callback costs.

The time inside a callback's hooks, as a fraction of the epoch, medians over the epochs: the first epoch, in
which it compiles, and the later ones. The ratios compare later epochs of trainings with and without it.
"""

import functools
import statistics
import tempfile
import time

import keras
import numpy as np
from alone import alone
from architectures import compile_step, make_ours, train
from data import float_images
from rounds import Times, interleaved, ratios
from tables import print_table

import keras_cae

ROUNDS = 3
EPOCHS = 3
COLUMNS = (
    "model",
    "callback",
    "first epoch",
    "later epochs",
    "with / without",
    "processor time, with / without",
)
# name: function of images and a folder for event files
CALLBACKS = {"ReconstructionLogger": keras_cae.callbacks.ReconstructionLogger}
HOOKS = [name for name in dir(keras.callbacks.Callback) if name.startswith("on_")]


class HookTimer(keras.callbacks.Callback):
    """Takes the time of epochs and of a callback's hooks in them; comes after that callback."""

    def __init__(self, callback=None):
        super().__init__()
        self.in_hooks = 0.0
        self.marks = []
        for hook in HOOKS:
            if callback and getattr(type(callback), hook) is not getattr(keras.callbacks.Callback, hook):
                setattr(callback, hook, self.timing(getattr(callback, hook)))

    def timing(self, hook):
        @functools.wraps(hook)
        def timed_hook(*arguments, **options):
            started = time.perf_counter()
            hook(*arguments, **options)
            self.in_hooks += time.perf_counter() - started

        return timed_hook

    def on_train_begin(self, logs=None):
        self.mark()

    def on_epoch_end(self, epoch, logs=None):
        self.mark()

    def mark(self):
        self.marks.append((time.perf_counter(), time.process_time(), self.in_hooks))

    def epochs(self):
        """The seconds of every epoch on the clock, of the processors, and in the hooks."""
        return np.diff(self.marks, axis=0)


def measure(options):
    rows = (row for name in options.model for row in alone(options, compare, name))
    print_table(COLUMNS, rows, labels=2)


def compare(name, options):
    """The rows of a model."""
    images = float_images(options)
    model = make_ours(name, images.shape[1:], options.latent_dim)
    compile_step(model, images, options.batch_size)

    def run(make_callback=None):
        with tempfile.TemporaryDirectory() as folder:
            callback = make_callback and make_callback(images, folder)
            timer = HookTimer(callback)
            callbacks = [callback, timer] if callback else [timer]
            train(model, images, options.batch_size, epochs=EPOCHS, callbacks=callbacks)
        return timer.epochs()

    competitors = {callback: functools.partial(run, make) for callback, make in CALLBACKS.items()}
    runs = interleaved({"": run, **competitors}, options.rounds)
    without = runs.pop("")
    return [(name, callback, *cells(runs[callback], without)) for callback in runs]


def cells(runs, without):
    first = statistics.median(in_hooks(run[0]) for run in runs)
    later = statistics.median(in_hooks(epoch) for run in runs for epoch in run[1:])
    return (f"{first:.2%}", f"{later:.2%}", *ratios(later_epochs(runs), later_epochs(without)))


def in_hooks(epoch):
    clock, _, hooks = epoch
    return float(hooks / clock)


def later_epochs(runs):
    """The `Times` of each run without its first epoch."""
    return [Times(*map(float, run[1:, :2].sum(axis=0))) for run in runs]
