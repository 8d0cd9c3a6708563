"""A search of four trials, to be stopped and started again.

python searching.py FOLDER
"""

import sys
import time

import keras
import keras_tuner
import numpy as np

from keras_cae.hypermodels import HyperBasicCAE


class Pause(keras.callbacks.Callback):
    """Makes trials last."""

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(1.0)


hypermodel = HyperBasicCAE((8, 8, 1), latent_dim=3, width=[2, 3], seed=0)
tuner = keras_tuner.RandomSearch(
    hypermodel,
    objective=hypermodel.objective,
    max_trials=4,
    seed=0,
    directory=sys.argv[1],
    project_name="search",
)
images = np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")
tuner.search(images, validation_split=0.25, epochs=1, verbose=0, callbacks=[Pause()])
