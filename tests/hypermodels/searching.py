"""A search of four trials, which tests stop and resume.

python searching.py FOLDER [N]

With N, the process kills itself while it writes the Nth file of the search.
"""

import os
import signal
import sys
import time

import keras
import keras_tuner
import numpy as np
from eager_trials import EagerHyperBasicCAE

folder, last_write = sys.argv[1], int((*sys.argv, 0)[2])


class Pause(keras.callbacks.Callback):
    """Delays trials."""

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(0.0 if last_write else 1.0)


def die_in_the_end(file, fsync=os.fsync, writes=[]):  # noqa: B006  # counts
    writes.append(file)
    if len(writes) == last_write:
        os.kill(os.getpid(), signal.SIGKILL)
    fsync(file)


os.fsync = die_in_the_end
hypermodel = EagerHyperBasicCAE((8, 8, 1), latent_dim=3, width=[2, 3], seed=0)
tuner = keras_tuner.RandomSearch(
    hypermodel,
    objective=hypermodel.objective,
    max_trials=4,
    seed=0,
    directory=folder,
    project_name="search",
)
images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
tuner.search(images, validation_split=0.25, epochs=1, verbose=0, callbacks=[Pause()])
