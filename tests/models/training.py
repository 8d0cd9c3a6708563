"""Training in a separate process, which tests kill and restart.

python training.py FOLDER MODEL SAVE_FREQ [SECONDS]

With SECONDS, the process kills itself this long after its first batch, whatever it is doing.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import keras
import numpy as np

import keras_cae

folder, name, save_freq = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
ARGUMENTS = {
    "BlindSpotCAE": {"filters": (2, 3), "convs_per_level": 1},
    "DenoisingCAE": {"filters": (2, 3), "convs_per_level": 1},
    "MaskedCAE": {"latent_dim": 3, "filters": (4,)},
    "ResidualCAE": {"latent_dim": 3, "filters": (4,)},
    "SkipConnectionCAE": {"latent_dim": 3, "filters": (2, 3, 4)},
    "VectorQuantizedCAE": {"codebook_size": 8, "code_dim": 3, "filters": (2, 3)},
}


class Death(keras.callbacks.Callback):
    """Delays each batch, and kills the process."""

    def on_train_begin(self, logs=None):
        self.timer = (
            threading.Timer(float(sys.argv[4]), os.kill, (os.getpid(), signal.SIGKILL)) if sys.argv[4:] else None
        )

    def on_train_batch_end(self, batch, logs=None):
        if self.timer is not None and not self.timer.is_alive():
            self.timer.start()
        time.sleep(0.02)


keras.utils.set_random_seed(3)
images = np.random.default_rng(0).random((22, 9, 12, 2), dtype="float32")
model = getattr(keras_cae.models, name)(**ARGUMENTS.get(name, {"latent_dim": 3, "filters": (2, 3)}))
model.compile("adam", "mse")
backup = keras.callbacks.BackupAndRestore(
    folder / "backup", save_freq=int(save_freq) if save_freq.isdecimal() else save_freq
)
folder.mkdir(exist_ok=True)
model.fit(images, validation_data=images[:4], batch_size=4, epochs=6, verbose=0, callbacks=[Death(), backup])
np.savez(folder / "weights.npz", *model.get_weights())
