"""The recipe for `tf.data.service`. The workers run in another process, and therefore no Python code of this one."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_cae.datasets import pack

PAGE = Path(__file__).parents[2] / "docs" / "own_data.md"
SERVERS = """
import sys
import tensorflow as tf

service = tf.data.experimental.service
dispatcher = service.DispatchServer(service.DispatcherConfig(port=0))
address = dispatcher.target.removeprefix("grpc://")
workers = [service.WorkerServer(service.WorkerConfig(dispatcher_address=address)) for _ in range(2)]
print(dispatcher.target, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def dispatcher():
    """A dispatcher and two workers in another process, which replace the `dispatcher` of the recipe."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield type("Dispatcher", (), {"target": process.stdout.readline().strip()})
    process.stdin.close()
    process.wait(timeout=30)


@pytest.mark.slow
def test_every_image_comes_once(tmp_path, dispatcher):
    images = np.random.default_rng(0).integers(0, 256, (23, 32, 32, 3), np.uint8)
    packed = pack(images, tmp_path / "train-{shard}.tfrecord", shards=4)
    (recipe,) = re.findall(r"(def pixels\(record\).*?)model\.fit", PAGE.read_text(), re.DOTALL)
    names = {
        "tf": tf,
        "packed": packed,
        "dispatcher": dispatcher,
        "service": tf.data.experimental.service,
    }
    exec(recipe.replace(".repeat()", ""), names)
    for _ in range(2):
        received = [image for batch in names["batches"] for image in batch.numpy()]
        assert sorted(map(bytes, received)) == sorted(map(bytes, images))
