"""Training of one model in several processes on this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from small_models import make_images
from worker import COUNT

from keras_cae.datasets import pack
from keras_cae.models import CAE

PROGRAM = Path(__file__).with_name("worker.py")
MINUTE = 60


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start(models, folder, workers, *options):
    """Start the processes of a cluster, each with a log file next to the results."""
    folder.mkdir(exist_ok=True)
    addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
    return [
        subprocess.Popen(
            [sys.executable, PROGRAM, folder, *models, *options],
            env=environment(addresses, index),
            stdout=(folder / f"log-{index}.txt").open("w"),
            stderr=subprocess.STDOUT,
        )
        for index in range(max(workers, 1))
    ]


def environment(addresses, index):
    variables = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    if addresses:
        task = {"type": "worker", "index": index}
        variables["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return variables


def finish(processes, folder):
    """Wait for processes, and check that they succeed."""
    try:
        codes = [process.wait(timeout=6 * MINUTE) for process in processes]
    finally:
        kill(processes)
    logs = [(folder / f"log-{index}.txt").read_text() for index in range(len(processes))]
    assert codes == [0] * len(processes), "\n".join(logs)


def kill(processes):
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()


def wait_until(condition, what):
    limit = time.monotonic() + 6 * MINUTE
    while not condition():
        assert time.monotonic() < limit, f"waited in vain until {what}"
        time.sleep(0.05)


def results(folder, task):
    with np.load(folder / f"result-{task}.npz") as file:
        return dict(file)


def assert_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        np.testing.assert_allclose(values, theirs[name], rtol=1e-5, atol=1e-6, err_msg=name)


def what_remains(results):
    """The weights, predictions and evaluation, which must not depend on the number of runs."""
    return {name: values for name, values in results.items() if not name.startswith(("history", "first"))}


# Models whose steps share more than gradients. Batch statistics are those of the resumed workers.
STEPS = ("AdversarialCAE", "VectorQuantizedCAE")


@pytest.mark.slow
def test_two_workers_train_as_one_process(tmp_path):
    together, alone = tmp_path / "together", tmp_path / "alone"
    # All models are trained in the same cluster, because starting one takes longer than training.
    processes = start(STEPS, together, 2)
    finish(start(STEPS, alone, 0), alone)
    finish(processes, together)
    for model in STEPS:
        expected = results(alone / model, "alone")
        for task in (0, 1):
            assert_equal(results(together / model, task), expected)
        check_files(together / model)


def check_files(together):
    """There is a single set of files, with a complete checkpoint."""
    assert len(list(together.glob("logs/train/*"))) == 1
    assert len(list(together.glob("logs/*.keras_cae"))) == 1
    assert not (together / "backup").exists()
    assert isinstance(keras.saving.load_model(together / "best.keras"), CAE)


@pytest.mark.slow
def test_a_worker_whose_peer_was_killed_stops_and_both_resume(tmp_path):
    # The order of the shards' images changes every epoch, so resuming in the wrong epoch changes the results.
    shards = str(tmp_path / "train-{shard}.tfrecord")
    pack(make_images(COUNT), shards, shards=2)
    model = "BatchNormPoolCAE"
    options = ("--epochs", "3", "--shards", shards, "--pause", "0.3")
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    survivor, victim = start([model], disturbed, 2, *options)
    metadata = disturbed / model / "backup" / "training_metadata.json"
    try:
        wait_until(lambda: metadata.exists() and '"epoch": 2' in metadata.read_text(), "two epochs were backed up")
        time.sleep(0.5)  # into the third epoch
        kill([victim])
        assert survivor.wait(timeout=2 * MINUTE) != 0
    finally:
        kill([survivor, victim])
    assert "UnavailableError" in (disturbed / "log-0.txt").read_text()
    assert not list(disturbed.glob("*/result-*"))
    processes = start([model], disturbed, 2, *options)
    finish(start([model], undisturbed, 0, *options[:4]), undisturbed)
    finish(processes, disturbed)
    expected = results(undisturbed / model, "alone")
    for task in (0, 1):
        resumed = results(disturbed / model, task)
        assert resumed["first_epoch"] == 2
        assert_equal(what_remains(resumed), what_remains(expected))


@pytest.mark.slow
def test_stock_keras_does_not_train_on_workers(tmp_path):
    # If this fails, Keras supports it, and `DistributedTraining` can be removed.
    processes = start(["stock"], tmp_path, 2)
    try:
        assert any(process.wait(timeout=2 * MINUTE) != 0 for process in processes)
    finally:
        kill(processes)
