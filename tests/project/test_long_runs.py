"""In long runs, the memory, the traces and the threads do not grow after the first rounds."""

import gc
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_cae
from keras_cae.callbacks import standard_callbacks

IMAGES = np.random.default_rng(0).random((16, 8, 6, 1), dtype="float32")
BOUND = 60
"""The allowed growth of a run after its first rounds, in MB."""

pytestmark = pytest.mark.slow


def resident():
    """The memory of this process in MB."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc")
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def make():
    model = keras_cae.models.BasicCAE(2, filters=(2,))
    model.compile("adam", "mse")
    return model


def test_many_epochs_with_all_callbacks(tmp_path):
    model = make()
    seen = {}

    def look(epoch, logs):
        if epoch in (15, 59):
            seen[epoch] = resident(), threading.active_count()

    watch = keras.callbacks.LambdaCallback(on_epoch_end=look)
    callbacks = [*standard_callbacks(IMAGES[:4], log_dir=str(tmp_path)), watch]
    model.fit(IMAGES, validation_data=IMAGES, epochs=60, verbose=0, callbacks=callbacks)
    assert seen[59][0] - seen[15][0] < BOUND
    assert seen[59][1] <= seen[15][1]


def test_many_single_images():
    model = make()
    for number in range(200):
        model.predict(IMAGES[number % 16 :][:1], verbose=0)
        if number == 50:
            before = resident(), threading.active_count()
    assert resident() - before[0] < BOUND / 2
    assert threading.active_count() <= before[1]


def test_many_sizes():
    model = keras_cae.models.BasicCAE(None, filters=(2,))
    model.build((None, None, None, 1))
    for number in range(60):
        images = np.zeros((2, 8 + number, 6 + number // 2, 1), "float32")
        model.encode(images)
        model.predict(images, verbose=0)
        if number == 10:
            before = resident()
    assert resident() - before < BOUND


TWO_PROCESSES = """
    import sys, keras, numpy as np, tensorflow as tf, hashlib
    sys.path.insert(0, sys.argv[1])
    from make import MODELS, IMAGES
    tf.config.experimental.enable_op_determinism()
    # Those that draw noise, masks, samples or codes, or keep statistics of batches.
    for name in ("AdversarialCAE", "BatchNormPoolCAE", "BlindSpotCAE", "MaskedCAE", "VectorQuantizedCAE"):
        keras.utils.set_random_seed(3)
        model = MODELS[name]()
        model.compile("adam", "mse")
        model.fit(IMAGES, batch_size=2, epochs=2, verbose=0)
        print(name, hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest())
"""


def test_two_processes_train_the_same_bits():
    folder = Path(__file__).parents[1] / "saved"
    command = [sys.executable, "-c", textwrap.dedent(TWO_PROCESSES), str(folder)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    results = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results[0][1][-2000:]
    first, second = (output for output, _ in results)
    assert first == second
    assert len(first.splitlines()) == 5
