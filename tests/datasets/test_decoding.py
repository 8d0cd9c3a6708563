"""Threads that decode in advance, without deadlocks."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from keras_cae.datasets import decoding
from keras_cae.datasets.decoding import in_order


def test_results_come_in_order():
    assert list(in_order(lambda number: number * number, 50)) == [number * number for number in range(50)]


def test_an_error_is_raised_where_it_belongs():
    results = in_order(lambda number: 6 // (3 - number), 9)
    assert [next(results) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_thread_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(decoding, "TIMEOUT", 0.01)
    free, main = threading.Event(), threading.get_ident()

    def function(number):
        if threading.get_ident() != main:
            free.wait(60)
        return number

    assert list(in_order(function, 5)) == [0, 1, 2, 3, 4]
    free.set()


GIVEN_UP = """
import gc, sys
from keras_cae.datasets import stream_images

gc.set_threshold(100, 1, 1)
for _ in range(40):
    for seed in range(4):
        circle = [iter(stream_images(sys.argv[1], batch_size=1, seed=seed))]
        next(circle[0])
        circle.append(circle)
        del circle
    assert sum(1 for _ in stream_images(sys.argv[1], batch_size=1, seed=9)) == 60
print("never stuck")
"""


@pytest.mark.slow
def test_streams_that_are_given_up(tmp_path):
    """A garbage collection while one stream is opened or read may end another one, which must not cause a deadlock."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 16, 16), np.uint8)
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    command = [sys.executable, "-c", GIVEN_UP, tmp_path]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert result.stdout == "never stuck\n", result.stderr
